"""Asks the online charging service as fast as it answers, on open connections; a lean client.

Each connection asks one thing at a time and asks again once it is answered, so nothing is asked
behind another. What this process spends itself is told apart, since it shares the machine.
"""

import argparse
import http.client
import json
import select
import socket
import sys
from collections.abc import Iterator
from time import perf_counter, process_time

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


def load(port: int, messages: Iterator[bytes], clients: int) -> list[float]:
    """Seconds that each answer took; ends the process at the first refusal."""
    took: list[float] = []
    poll = select.epoll()
    lines: dict[int, socket.socket] = {}
    asked_at: dict[int, float] = {}
    heard: dict[int, bytes] = {}
    for message in [one for _, one in zip(range(clients), messages, strict=False)]:
        line = socket.create_connection(("127.0.0.1", port))
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        lines[line.fileno()] = line
        poll.register(line, select.EPOLLIN)
        asked_at[line.fileno()] = perf_counter()
        line.sendall(message)
    while lines:
        for number, _ in poll.poll():
            line = lines[number]
            data = heard.pop(number, b"") + line.recv(65_536)
            if not is_whole(data):
                heard[number] = data
                continue
            now = perf_counter()
            took.append(now - asked_at[number])
            following = next(messages, None)
            if following is None:
                poll.unregister(line)
                lines.pop(number).close()
                continue
            asked_at[number] = now
            line.send(following)
    return took


def is_whole(data: bytes) -> bool:
    """Whether the answer has come in full; ends the process when it is a refusal."""
    head = data.find(b"\r\n\r\n")
    if head < 0:
        if not data:
            sys.exit("the service has closed a connection")
        return False
    if not data.startswith(b"HTTP/1.1 200"):
        sys.exit(f"refused: {data.decode()}")
    return len(data) - head - 4 >= int(data[data.rindex(b": ", 0, head) + 2 : head])


def figures(port: int) -> dict[str, int]:
    """What the service has done so far."""
    line = http.client.HTTPConnection("127.0.0.1", port)
    line.request("GET", "/metrics")
    told = line.getresponse().read().decode()
    line.close()
    pairs = (one.split() for one in told.splitlines())
    return {name.removeprefix("tallystick_charging_"): int(value) for name, value in pairs}


def main() -> None:
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
    before = figures(asked.port)
    began, own = perf_counter(), process_time()
    took = sorted(load(asked.port, iter(messages), asked.clients))
    seconds, own = perf_counter() - began, process_time() - own
    after = figures(asked.port)
    batches = after["batches_total"] - before["batches_total"]
    told = {f"p{q}_ms": round(took[int(len(took) * q / 100)] * 1_000, 2) for q in (50, 99)}
    told |= {"seconds": seconds, "batch": len(took) / batches, "client_s": round(own, 3)}
    print(json.dumps(told))


if __name__ == "__main__":
    main()
