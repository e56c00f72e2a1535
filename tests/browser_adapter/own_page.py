"""A tiny web server for pages of the tests' own, which note every request."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager


class OwnPage:
    """Serves one document under every path, except where told to be silent."""

    def __init__(self, html: str, port: int) -> None:
        self.html = html
        self.port = port
        self.requests: list[str] = []
        """Path and host of each request, as in "/x localhost"."""

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            path = head.split(" ")[1]
            host = head.lower().partition("\r\nhost: ")[2].partition("\r\n")[0].partition(":")[0]
            self.requests.append(f"{path} {host}")
            body = self.html.encode()
            writer.write(
                b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n"
                b"Access-Control-Allow-Origin: *\r\nConnection: close\r\n"
                b"Content-Length: %d\r\n\r\n%b" % (len(body), body)
            )
            await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            return
        finally:
            writer.close()


@asynccontextmanager
async def serve(html: str) -> AsyncGenerator[OwnPage]:
    """Serve until the block is left."""
    page = OwnPage(html, 0)
    # All of loopback, so that other names and addresses would reach it too.
    server = await asyncio.start_server(page.answer, "0.0.0.0")  # noqa: S104
    page.port = server.sockets[0].getsockname()[1]
    async with server:
        yield page


@asynccontextmanager
async def silence() -> AsyncGenerator[int]:
    """Accept connections on a port and never answer; gives the port."""

    async def keep(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    server = await asyncio.start_server(keep, "127.0.0.1")
    async with server:
        yield server.sockets[0].getsockname()[1]
