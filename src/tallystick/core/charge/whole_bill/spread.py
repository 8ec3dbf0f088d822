"""A sum spread over amounts: in whole coins, by largest remainder, never more than is there."""

from collections.abc import Hashable, Mapping
from typing import TypeVar

Key = TypeVar("Key", bound=Hashable)


def spread(total: int, *, over: Mapping[Key, int], coin: int) -> dict[Key, int]:
    """The total, or all that is there if that is less, in parts of the positive amounts.

    Each part is in whole coins: the floor of its exact share, and what is missing goes coin by coin
    to the largest remainders, on ties to the largest amount, then the first. No part is above its
    amount. What takes everything takes each amount as it is, with what it has below a coin.
    """
    there = {key: amount for key, amount in over.items() if amount > 0}
    whole = sum(there.values())
    if total >= whole:
        return there
    room = {key: amount // coin for key, amount in there.items()}
    coins = min(total // coin, sum(room.values()))
    parts = {key: coins * amount // whole for key, amount in there.items()}
    order = sorted(there, key=lambda key: (-(coins * there[key] % whole), -there[key]))
    missing = coins - sum(parts.values())
    while missing:
        for key in order:
            if missing and parts[key] < room[key]:
                parts[key] += 1
                missing -= 1
    return {key: part * coin for key, part in parts.items()}
