"""API keys as they are stored: found, expired, revoked, and their use noted."""

from datetime import UTC, datetime, timedelta

from router.app import App
from router.store import keys
from router.store.keys import ApiKey
from router.store.tx import transaction

_NOW = datetime(2026, 1, 5, 9, tzinfo=UTC)


def test_a_key_lives_until_it_is_revoked_and_stays_on_record(app: App) -> None:
    key = ApiKey("k1", "for the CRM", b"\1" * 32, ("read", "act"), _NOW)
    with transaction(app.engine) as tx:
        assert not keys.any_key(tx)
        keys.create(tx, key)
        assert keys.find(tx, "k1") == key
        assert keys.find(tx, "k2") is None
        assert keys.revoke(tx, "k1", _NOW)
        assert not keys.revoke(tx, "k1", _NOW)
        found = keys.find(tx, "k1")
        assert found is not None
        assert not found.usable(_NOW)
        assert keys.any_key(tx), "revoking the last key must not open the API again"


def test_use_is_noted_once_a_minute(app: App) -> None:
    with transaction(app.engine) as tx:
        key = ApiKey("k3", "", b"\2" * 32, ("read",), _NOW, expires_at=_NOW + timedelta(hours=1))
        keys.create(tx, key)
        for second in (0, 30, 59, 61):
            found = keys.find(tx, "k3")
            assert found is not None
            keys.note_use(tx, found, _NOW + timedelta(seconds=second))
            after = keys.find(tx, "k3")
            assert after is not None
            assert after.used_at == _NOW + timedelta(seconds=0 if second < 60 else 61)
        assert key.usable(_NOW)
        assert not key.usable(_NOW + timedelta(hours=1))
