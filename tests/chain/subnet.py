"""A subnet that a test invents, and what happens to it. A change makes another one; blocks keep theirs."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from .storage_keys import ZERO_ACCOUNT, account

RAO = 1_000_000_000


def invented_key(name: str, index: int) -> bytes:
    """An account that nobody holds the secret of."""
    return hashlib.blake2b(f"{name} {index}".encode(), digest_size=32).digest()


@dataclass(frozen=True)
class Row:
    """One uid. Stakes in rao."""

    hotkey: bytes
    coldkey: bytes
    active: bool = True
    permit: bool = False
    last_update: int = 0
    registered_at: int = 0
    alpha: int = 0
    tao: int = 0
    total: int = 0


@dataclass(frozen=True)
class Subnet:
    """A subnet and what the chain knows of its people. Every change takes the number of its block."""

    netuid: int = 7
    registered_at: int = 100
    owner_hotkey: bytes = ZERO_ACCOUNT
    owner_coldkey: bytes = ZERO_ACCOUNT
    tempo: int = 99
    immunity: int = 7_200
    last_step: int = 950
    #: By uid.
    rows: tuple[Row, ...] = ()
    #: `Owner`, by hotkey. It outlives a registration.
    owners: Mapping[bytes, bytes] = field(default_factory=dict)
    #: By coldkey: from which block on, and the hash of the new coldkey.
    announced: Mapping[bytes, tuple[int, bytes]] = field(default_factory=dict)
    #: By coldkey: in which block.
    disputed: Mapping[bytes, int] = field(default_factory=dict)

    @classmethod
    def invented(cls, *, members: int = 10, netuid: int = 7) -> Subnet:
        """Members with `invented_key("hotkey", uid)`, two for each `invented_key("coldkey", n)`.

        Uids 0 and 1 have the permit; uid 0 owns the subnet.
        """

        def row(uid: int) -> Row:
            return Row(
                hotkey=invented_key("hotkey", uid),
                coldkey=invented_key("coldkey", uid // 2),
                active=uid % 2 == 0,
                permit=uid < 2,
                last_update=900,
                registered_at=500 + uid,
                alpha=RAO * uid,
                tao=2_000 * RAO,
                total=3_000 * RAO - uid,
            )

        rows = tuple(row(uid) for uid in range(members))
        return cls(
            netuid=netuid,
            owner_hotkey=rows[0].hotkey if rows else ZERO_ACCOUNT,
            owner_coldkey=rows[0].coldkey if rows else ZERO_ACCOUNT,
            rows=rows,
            owners={row.hotkey: row.coldkey for row in rows},
        )

    def uid(self, hotkey: bytes) -> int:
        """The uid of a member."""
        for uid, row in enumerate(self.rows):
            if row.hotkey == hotkey:
                return uid
        raise ValueError("a hotkey: expected one that is registered here")

    def register(
        self,
        block: int,
        *,
        hotkey: bytes,
        coldkey: bytes,
        replacing: bytes | None = None,
        permit: bool = False,
        alpha: int = 0,
        tao: int = 0,
        total: int = 0,
    ) -> Subnet:
        """A new member, on a new uid or on that of a member who is pruned. The pruned one's `Owner` stays."""
        if any(row.hotkey == hotkey for row in self.rows):
            raise ValueError("a hotkey: expected one that is not registered here")
        row = Row(hotkey, coldkey, True, permit, block, block, alpha, tao, total)
        owned = replace(self, owners={**self.owners, hotkey: coldkey})
        if replacing is None:
            return replace(owned, rows=(*self.rows, row))
        return owned._with_row(self.uid(replacing), row)

    def deregister(self, block: int, *, hotkey: bytes) -> Subnet:
        """A member is trimmed: later uids move down by one. `Owner` stays."""
        uid = self.uid(hotkey)
        return replace(self, rows=self.rows[:uid] + self.rows[uid + 1 :])

    def swap_hotkey(self, block: int, *, old: bytes, new: bytes, everywhere: bool = True) -> Subnet:
        """A member takes another hotkey and keeps uid and permit. `Owner(old)` stays when only this subnet swaps."""
        uid = self.uid(old)
        if any(row.hotkey == new for row in self.rows):
            raise ValueError("new: expected a hotkey that is not registered here")
        owners = {**self.owners, new: self.rows[uid].coldkey}
        if everywhere:
            del owners[old]
        owner_hotkey = new if self.owner_hotkey == old else self.owner_hotkey
        swapped = replace(self, owners=owners, owner_hotkey=owner_hotkey)
        return swapped._with_row(uid, replace(self.rows[uid], hotkey=new))

    def announce_coldkey_swap(self, block: int, *, coldkey: bytes, new: bytes, delay: int = 36_000) -> Subnet:
        """A coldkey says that it will be another one, from so many blocks on."""
        digest = hashlib.blake2b(new, digest_size=32).digest()
        return replace(self, announced={**self.announced, coldkey: (block + delay, digest)})

    def dispute_coldkey_swap(self, block: int, *, coldkey: bytes) -> Subnet:
        """The announced swap is disputed."""
        return replace(self, disputed={**self.disputed, coldkey: block})

    def clear_coldkey_swap(self, block: int, *, coldkey: bytes) -> Subnet:
        """Announcement and dispute are gone."""
        return replace(self, announced=_without(self.announced, coldkey), disputed=_without(self.disputed, coldkey))

    def swap_coldkey(self, block: int, *, coldkey: bytes, new: bytes) -> Subnet:
        """The swap is done: all hotkeys of the coldkey, and the subnet if it was its owner, belong to the new one."""
        cleared = self.clear_coldkey_swap(block, coldkey=coldkey)
        return replace(
            cleared,
            owners={hotkey: new if owner == coldkey else owner for hotkey, owner in self.owners.items()},
            owner_coldkey=new if self.owner_coldkey == coldkey else self.owner_coldkey,
            rows=tuple(replace(row, coldkey=new) if row.coldkey == coldkey else row for row in self.rows),
        )

    def set_permit(self, block: int, *, hotkey: bytes, permit: bool) -> Subnet:
        """An epoch gives or takes the validator permit."""
        uid = self.uid(hotkey)
        return replace(self._with_row(uid, replace(self.rows[uid], permit=permit)), last_step=block)

    def set_active(self, block: int, *, hotkey: bytes, active: bool) -> Subnet:
        """Weights were set lately, or not."""
        uid = self.uid(hotkey)
        return self._with_row(uid, replace(self.rows[uid], active=active))

    def set_stake(
        self, block: int, *, hotkey: bytes, alpha: int | None = None, tao: int | None = None, total: int | None = None
    ) -> Subnet:
        """Stakes in rao; what is not named stays."""
        uid = self.uid(hotkey)
        row = self.rows[uid]
        stakes = [old if new is None else new for old, new in ((row.alpha, alpha), (row.tao, tao), (row.total, total))]
        return self._with_row(uid, replace(row, alpha=stakes[0], tao=stakes[1], total=stakes[2]))

    def set_owner(self, block: int, *, hotkey: bytes, coldkey: bytes) -> Subnet:
        """The subnet belongs to somebody else; the zero account is nobody."""
        return replace(self, owner_hotkey=hotkey, owner_coldkey=coldkey)

    def run_epoch(self, block: int) -> Subnet:
        """An epoch that changes nothing but its own time."""
        return replace(self, last_step=block)

    def reregister(self, block: int, *, hotkey: bytes, coldkey: bytes) -> Subnet:
        """The netuid goes to another subnet, whose owner is its only member."""
        row = Row(hotkey, coldkey, registered_at=block, last_update=block)
        return replace(
            self,
            registered_at=block,
            owner_hotkey=hotkey,
            owner_coldkey=coldkey,
            last_step=block,
            rows=(row,),
            owners={**self.owners, hotkey: coldkey},
        )

    def _with_row(self, uid: int, row: Row) -> Subnet:
        return replace(self, rows=(*self.rows[:uid], row, *self.rows[uid + 1 :]))


def _without(known: Mapping[bytes, Any], key: bytes) -> dict[bytes, Any]:
    return {known_key: value for known_key, value in known.items() if known_key != key}


_CHANGES: dict[str, Callable[..., Subnet]] = {
    change.__name__: change
    for change in (
        Subnet.announce_coldkey_swap,
        Subnet.clear_coldkey_swap,
        Subnet.deregister,
        Subnet.dispute_coldkey_swap,
        Subnet.register,
        Subnet.reregister,
        Subnet.run_epoch,
        Subnet.set_active,
        Subnet.set_owner,
        Subnet.set_permit,
        Subnet.set_stake,
        Subnet.swap_coldkey,
        Subnet.swap_hotkey,
    )
}
_ACCOUNTS = {"coldkey", "hotkey", "new", "old", "replacing"}


def changed(subnet: Subnet, block: int, kind: str, facts: Mapping[str, Any]) -> Subnet:
    """The subnet after a change that has a name; accounts as :func:`account` takes them."""
    if kind not in _CHANGES:
        raise ValueError(f"kind: expected one of {', '.join(_CHANGES)}")
    given = {name: account(value) if name in _ACCOUNTS else value for name, value in facts.items()}
    try:
        return _CHANGES[kind](subnet, block, **given)
    except TypeError as error:
        raise ValueError(f"{kind}: {error}") from error
