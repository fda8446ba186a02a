"""The fixtures that the package offers."""

from bittensor_auth.testing_fixtures import alice, bob, charlie, clock, dave, registry

__all__ = ["alice", "bob", "charlie", "clock", "dave", "registry"]
