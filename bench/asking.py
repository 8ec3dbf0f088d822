"""Asks the online charging service as fast as it answers, on open connections; a lean client."""

import argparse
import asyncio
import json
import sys
from collections.abc import Iterator
from time import perf_counter
from typing import cast

import uvloop

HEAD = "POST /bench/event HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\n\r\n"


def call(number: int, accounts: int, keys: str) -> bytes:
    msisdn = 10**9 + 1 + number * 7_919 % (accounts - 1)
    body = (
        f'{{"key":"{keys}{number}","subject_kind":"msisdn","subject":"{msisdn}","kind":"voice",'
        f'"unit":"s","quantity":"{60 + number % 200}","called":"493012345"}}'
    )
    return (HEAD.format(len(body)) + body).encode()


def text(number: int, accounts: int) -> bytes:
    body = (
        f'{{"key":"fifty{number}","subject_kind":"msisdn","subject":"{10**9 + accounts}",'
        '"kind":"sms","unit":"msg","quantity":"1"}'
    )
    return (HEAD.format(len(body)) + body).encode()


class Client(asyncio.Protocol):
    """One connection; asks again as soon as it is answered."""

    def __init__(self, messages: Iterator[bytes], took: list[float]) -> None:
        self.messages, self.took, self.heard = messages, took, b""
        self.ended = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        self.ask()

    def ask(self) -> None:
        message = next(self.messages, None)
        if message is None:
            self.transport.close()
            self.ended.set_result(None)
            return
        self.asked_at = perf_counter()
        self.transport.write(message)

    def data_received(self, data: bytes) -> None:
        self.heard += data
        head = self.heard.find(b"\r\n\r\n")
        if head < 0:
            return
        length = int(self.heard[self.heard.rindex(b": ", 0, head) + 2 : head])
        if len(self.heard) < head + 4 + length:
            return
        if not self.heard.startswith(b"HTTP/1.1 200"):
            sys.exit(f"refused: {self.heard.decode()}")
        self.took.append(perf_counter() - self.asked_at)
        self.heard = b""
        self.ask()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.ended.done():
            self.ended.set_exception(exc or ConnectionError("closed"))


async def load(port: int, messages: Iterator[bytes], clients: int) -> list[float]:
    loop = asyncio.get_running_loop()
    took: list[float] = []
    pairs = [
        await loop.create_connection(lambda: Client(messages, took), "127.0.0.1", port)
        for _ in range(clients)
    ]
    await asyncio.gather(*(client.ended for _, client in pairs))
    return took


async def figures(port: int) -> dict[str, int]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    lines = (await reader.read()).decode().splitlines()
    writer.close()
    pairs = (line.split() for line in lines if line.startswith("tallystick_"))
    return {name.removeprefix("tallystick_charging_"): int(value) for name, value in pairs}


async def main() -> None:
    parser = argparse.ArgumentParser()
    for name in ("port", "rows", "clients", "accounts"):
        parser.add_argument(f"--{name}", type=int, default=50)
    parser.add_argument("--keys", default="k")
    parser.add_argument("--fifty", action="store_true")
    asked = parser.parse_args()
    if asked.fifty:
        messages = [text(n, asked.accounts) for n in range(50)]
        asked.clients = 50
    else:
        messages = [call(n, asked.accounts, asked.keys) for n in range(asked.rows)]
    before = await figures(asked.port)
    began = perf_counter()
    took = sorted(await load(asked.port, iter(messages), asked.clients))
    seconds = perf_counter() - began
    after = await figures(asked.port)
    batches = after["batches_total"] - before["batches_total"]
    told = {f"p{q}_ms": round(took[int(len(took) * q / 100)] * 1_000, 2) for q in (50, 99)}
    print(json.dumps({"seconds": seconds, "batch": len(took) / batches, **told}))


if __name__ == "__main__":
    uvloop.run(main())
