"""The data folder and the sockets' folder."""

import os
import stat
from pathlib import Path

import pytest

from router.embedded import folders
from router.errors import Misconfigured


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_new_data_folder_is_closed_to_others(tmp_path: Path) -> None:
    home = folders.prepare_home(tmp_path / "with space" / "home")
    assert home.is_dir()
    assert _mode(home) == 0o700


def test_an_existing_data_folder_keeps_its_mode(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    home.chmod(0o755)
    folders.prepare_home(home)
    assert _mode(home) == 0o755


def test_a_data_folder_that_is_a_file_is_refused_in_words(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("x", encoding="utf-8")
    with pytest.raises(Misconfigured, match="a file of that name"):
        folders.prepare_home(tmp_path / "home")


@pytest.mark.parametrize(
    ("number", "words"),
    [(28, "disk is full"), (30, "mounted read-only"), (13, "may not write")],
    ids=["full", "read-only", "forbidden"],
)
def test_disk_problems_are_said_in_words(number: int, words: str) -> None:
    problem = OSError(number, os.strerror(number))
    assert words in str(folders.explained(Path("/data"), problem))


def test_a_data_folder_of_another_user_is_refused_in_words(tmp_path: Path) -> None:
    foreign = Path("/")
    if os.geteuid() == 0:
        foreign = tmp_path / "foreign"
        foreign.mkdir()
        os.chown(foreign, 65534, 65534)
    with pytest.raises(Misconfigured, match="belongs to user id"):
        folders.prepare_home(foreign)


def test_sockets_live_in_home_when_the_path_is_short(tmp_path: Path) -> None:
    home = Path(folders.prepare_home(tmp_path / "h"))
    folder = folders.socket_folder(home)
    if len(str(home)) < 80:
        assert folder == home / "sockets"
    assert _mode(folder) == 0o700


def test_sockets_of_a_long_home_live_in_one_short_private_folder(tmp_path: Path) -> None:
    home = folders.prepare_home(tmp_path / ("long " * 30) / "home")
    folder = folders.socket_folder(home)
    assert len(os.fsencode(folder / ".s.PGSQL.5432.lock")) <= folders.SOCKET_PATH_BYTES
    assert _mode(folder) == 0o700
    assert folders.socket_folder(home) == folder
    folders.forget_sockets(home)
    assert not folder.exists()


def test_a_replaced_sockets_folder_is_not_trusted(tmp_path: Path) -> None:
    home = folders.prepare_home(tmp_path / ("long " * 30) / "home")
    first = folders.socket_folder(home)
    first.rmdir()
    first.symlink_to(tmp_path)
    second = folders.socket_folder(home)
    assert second != first
    first.unlink()
    folders.forget_sockets(home)


def test_the_password_is_made_once_and_readable_by_us_only(tmp_path: Path) -> None:
    password = folders.database_password(tmp_path)
    assert len(password) >= 32
    assert folders.database_password(tmp_path) == password
    assert _mode(folders.secret_file(tmp_path)) == 0o600


def test_a_long_log_is_set_aside_at_start(tmp_path: Path) -> None:
    home = folders.prepare_home(tmp_path)
    log = home / "logs" / "web.log"
    with log.open("wb") as file:
        file.truncate(folders.LOG_BYTES + 1)
    os.close(folders.open_log(home, "web"))
    assert log.stat().st_size == 0
    assert (home / "logs" / "web.log.1").stat().st_size == folders.LOG_BYTES + 1


def test_the_tail_of_a_log_is_its_last_lines(tmp_path: Path) -> None:
    log = tmp_path / "x.log"
    log.write_text("\n".join(str(number) for number in range(2000)), encoding="utf-8")
    assert folders.tail(log, 2) == "1998\n1999"
    assert folders.tail(tmp_path / "none") == ""


def test_a_lock_is_held_until_its_descriptor_closes(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    held = folders.try_lock(path)
    assert held is not None
    assert folders.try_lock(path) is None
    assert folders.is_locked(path)
    os.close(held)
    assert not folders.is_locked(path)
