"""The stand-in under WhatsApp's own address, for clients whose address is fixed: this ends TLS."""

import asyncio
import datetime as dt
import ssl
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.waiting import LIMIT_S

DOCUMENT = (b"GET / ", b"GET /?")
"""How the request for the page begins. A browser sends each request as a piece of its own."""


@asynccontextmanager
async def as_web_whatsapp_com(
    sandbox_port: int, certificate: ssl.SSLContext, account: str = "default"
) -> AsyncGenerator[int]:
    """Serve the account's page at `/`; gives the port that web.whatsapp.com is to lead to."""
    tunnels: set[asyncio.Task[None]] = set()
    page = b"GET /" if account == "default" else f"GET /a/{account}/".encode()

    async def tunnel(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task
        tunnels.add(task)
        try:
            inner_reader, inner_writer = await asyncio.open_connection("127.0.0.1", sandbox_port)
            async with asyncio.TaskGroup() as both:
                both.create_task(_pour(reader, inner_writer, page))
                both.create_task(_pour(inner_reader, writer))
        except (OSError, asyncio.CancelledError):
            writer.close()  # the stand-in is gone, or nobody wants it any more
        finally:
            tunnels.discard(task)

    server = await asyncio.start_server(tunnel, "127.0.0.1", 0, ssl=certificate)
    async with server:
        try:
            yield server.sockets[0].getsockname()[1]
        finally:
            for one in tunnels:
                one.cancel()
            if tunnels:
                await asyncio.wait(tunnels, timeout=LIMIT_S)


async def _pour(
    source: asyncio.StreamReader, target: asyncio.StreamWriter, page: bytes = b""
) -> None:
    try:
        while data := await source.read(65536):
            target.write(page + data[5:] if page and data.startswith(DOCUMENT) else data)
            await target.drain()
    except ConnectionError:
        pass
    finally:
        target.close()


def self_signed(folder: Path) -> ssl.SSLContext:
    """Make a certificate that only a client without scruples accepts; its file is in `folder`."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "web.whatsapp.com")])
    start = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(start)
        .not_valid_after(start + dt.timedelta(days=36500))
        .sign(key, hashes.SHA256())
    )
    file = folder / "tls.pem"
    file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return context
