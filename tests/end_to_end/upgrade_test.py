"""The agent's program is replaced in the middle of a canary: the release ends well, users notice nothing. An agent of
the commit before takes part when SLIPWAY_BEFORE names its build folder."""

import ctypes
import os
import pathlib
import shutil
import sqlite3
import subprocess
import unittest

import strategies
from house import BUILD, SLIPWAY, House, lives, poll

SLOW = strategies.CANARY.replace("20, duration: 1s", "30, duration: 4s", 1)
BEFORE = pathlib.Path(os.environ.get("SLIPWAY_BEFORE", BUILD))


class Installed:
    """Programs at a place of their own, replaced by rename as a package does."""

    def __init__(self, house):
        self.folder = house.folder / "bin"
        self.folder.mkdir()

    def put(self, build):
        for name in ("slipway", "slipway-shim"):
            fresh = self.folder / (name + ".new")
            shutil.copy2(build / name, fresh)
            os.rename(fresh, self.folder / name)
        return str(self.folder / "slipway")


def run(house, program, *words):
    return subprocess.run([program, *words], cwd=house.folder, env=house.env, capture_output=True, text=True,
                          timeout=60, stdin=subprocess.DEVNULL)


class Upgrade(unittest.TestCase):
    def in_the_middle_of_a_canary(self, end_the_old):
        with House(SLOW) as h:
            place = Installed(h)
            old = place.put(BEFORE)
            h.release("v1")
            h.release("v2")
            self.assertEqual(run(h, old, "deploy", "production", "--version", "v1").returncode, 0)
            load = h.load(rate=200, slow=2)
            poll("traffic", lambda: h.get()[0] == 200)
            self.assertEqual(run(h, old, "deploy", "production", "--version", "v2", "--no-wait").returncode, 0)
            poll("the canary's share", lambda: (h.live() or {}).get("weights", {}).get("v2") == 3000)
            pid, instances, proxy = h.agent_pid(), h.instances("v1") + h.instances("v2"), h.haproxy_pids()
            new = place.put(BUILD)
            end_the_old(h, new, pid)
            done = run(h, new, "agent", "start")
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertNotEqual(h.agent_pid(), pid)
            self.assertEqual(os.readlink(f"/proc/{h.agent_pid()}/exe"), new)
            self.assertEqual(h.haproxy_pids(), proxy)
            self.assertTrue(set(instances) <= set(h.instances("v1") + h.instances("v2")))
            last = poll("the end", lambda: (s := h.status())["live"] is None and s["last"], 60)
            self.assertEqual((last["state"], last["to"]), ("succeeded", "v2"), h.agent_log())
            self.assertEqual(last["receipt"]["caused"], 0)
            self.assertEqual(h.get(), (200, "v2"))
            saw = load.stop()
            self.assertEqual(saw["failed"], 0, saw)
            self.assertEqual([line for line in h.log_lines() if line["level"] == "error"], [])

    def test_stopped_and_started(self):
        def stop(h, program, pid):
            self.assertEqual(run(h, program, "agent", "stop").returncode, 0)

        self.in_the_middle_of_a_canary(stop)

    def test_killed_and_started(self):
        def kill(h, _, pid):
            os.kill(pid, 9)
            poll("its end", lambda: not lives(pid))

        self.in_the_middle_of_a_canary(kill)


SCHEMA_0 = """
ALTER TABLE records RENAME TO newer;
CREATE TABLE records(lsn INTEGER PRIMARY KEY AUTOINCREMENT, stream TEXT NOT NULL, seq INTEGER NOT NULL,
                     bytes BLOB NOT NULL, UNIQUE(stream, seq));
INSERT INTO records(lsn, stream, seq, bytes)
  SELECT r.lsn, s.name, r.seq, r.bytes FROM (SELECT * FROM newer UNION ALL SELECT * FROM notes) r
  JOIN streams s ON s.id = r.stream ORDER BY r.lsn;
DROP TABLE newer; DROP TABLE notes; DROP TABLE times; DROP TABLE streams; DROP TABLE snapshots; DROP TABLE summaries; DROP TABLE meta;
PRAGMA user_version = 0;
"""


def unpacked(value):
    if not value.startswith(b"\x28\xb5\x2f\xfd"):
        return value
    decompress = ctypes.CDLL("libzstd.so.1").ZSTD_decompress
    decompress.restype = ctypes.c_size_t
    room = ctypes.create_string_buffer(1 << 22)
    size = decompress(room, ctypes.c_size_t(len(room)), value, ctypes.c_size_t(len(value)))
    return room.raw[:size]


def number(value, at):
    """A varint and where it ends."""
    out, shift = 0, 0
    while value[at] & 0x80:
        out |= (value[at] & 0x7f) << shift
        at, shift = at + 1, shift + 7
    return out | value[at] << shift, at + 1


def each_in_a_row_of_its_own(db):
    """Records of runs, as docs/journal_format.md has them, alone: how many there were."""
    runs = db.execute("SELECT lsn, seq, bytes FROM records WHERE stream = 0").fetchall()
    for last, many, run in runs:
        size, at = number(run, 0)
        head, bodies = unpacked(run[at:at + size]), unpacked(run[at + size:])
        db.execute("DELETE FROM records WHERE lsn = ?", (last,))
        lsn, at, begin = None, 0, 0
        for _ in range(many):
            step, at = number(head, at)
            stream, at = number(head, at)
            seq, at = number(head, at)
            size, at = number(head, at)
            lsn = last - step if lsn is None else lsn + step
            db.execute("INSERT INTO records VALUES(?, ?, ?, ?)", (lsn, stream, seq, bodies[begin:begin + size]))
            begin += size
        assert (lsn, at, begin) == (last, len(head), len(bodies)), (lsn, last)
    db.commit()
    return len(runs)


class Journals(unittest.TestCase):
    def test_of_an_older_version_is_brought_up_to_date(self):
        with House(SLOW) as h:
            h.release("v1")
            h.release("v2")
            h.deploy("v1")
            pids = h.instances("v1")
            h.run("agent", "stop")
            journal = h.folder / ".slipway" / "journal.db"
            db = sqlite3.connect(journal)
            newest = db.execute("pragma user_version").fetchone()[0]
            self.assertGreater(each_in_a_row_of_its_own(db), 0)
            whole = db.execute("SELECT (SELECT count(*) FROM records) + (SELECT count(*) FROM notes)").fetchone()
            db.executescript(SCHEMA_0)
            self.assertEqual(db.execute("SELECT count(*) FROM records").fetchone(), whole)
            db.close()
            self.assertEqual(h.run("agent", "start").returncode, 0, h.agent_log())
            site = h.status()
            self.assertEqual((site["version"], site["last"]["state"], h.instances("v1")), ("v1", "succeeded", pids))
            load = h.load(rate=100)
            self.assertEqual(h.deploy("v2")["state"], "succeeded")
            self.assertEqual(load.stop()["failed"], 0)
            h.run("agent", "stop")
            db = sqlite3.connect(journal)
            self.assertEqual(db.execute("pragma user_version").fetchone()[0], newest)
            db.close()

    def test_of_a_newer_version_is_refused_by_name_and_left_alone(self):
        with House(SLOW) as h:
            h.release("v1")
            h.deploy("v1")
            h.run("agent", "stop")
            journal = h.folder / ".slipway" / "journal.db"
            with sqlite3.connect(journal) as db:
                version = db.execute("pragma user_version").fetchone()[0]
                db.execute(f"pragma user_version = {version + 1}")
            db.close()
            done = subprocess.run([SLIPWAY, "agent", "run"], cwd=h.folder, env=h.env, capture_output=True, text=True,
                                  timeout=20)
            self.assertEqual(done.returncode, 3)
            self.assertIn("newer", done.stderr)
            self.assertEqual(h.get(), (200, "v1"))
            with sqlite3.connect(journal) as db:
                self.assertEqual(db.execute("pragma user_version").fetchone()[0], version + 1)
                db.execute(f"pragma user_version = {version}")
            db.close()


if __name__ == "__main__":
    unittest.main(verbosity=2)
