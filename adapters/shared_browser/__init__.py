"""A browser that many accounts share: one Qt WebEngine, with a profile on disk for each account.

It is a program of its own, started and ended by adapters/browser/shared_program.py. They speak in
lines of JSON: orders on its standard input, news on its standard output.

    {"open": name, "folder": path, "presence": path, "user_agent": text}
    {"close": name}

    {"ready": version}                  the browser runs; it takes orders from now on
    {"opened": name, "address": url}    Playwright may connect to this address, once
    {"refused": name, "why": text}      it could not be opened; nothing is left of it
    {"closed": name}                    every file of it is closed

When the input ends, all accounts are closed and then the program ends. Why it is there, and what it
costs: docs/decisions/browser-cost.md.
"""
