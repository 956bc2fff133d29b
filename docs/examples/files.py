#!/usr/bin/env python3
"""Share, find and fetch robot logs from a notebook or a script, by the HTTP API of a dt-swarm peer.

Needs nothing but `requests`. The peer is the one of this machine: DT_SWARM_WEB says where it listens (default
http://127.0.0.1:4180), DT_SWARM_TOKEN its token (default: what is in ~/.dt-swarm/web-token).

    python3 files.py store run-17.bag
    python3 files.py load ipfs://bafybei.../run-17.bag /tmp/run-17.bag
    python3 files.py list --robot duckie01 --topic /camera/ --hours 24
"""

import argparse
import os
import pathlib
import sys
import time
import urllib.parse

import requests


class Peer:
    """One dt-swarm peer. Every method raises RuntimeError with the peer's own words when it refuses."""

    def __init__(self, web=None, token=None):
        home = pathlib.Path(os.environ.get("DT_SWARM_HOME") or pathlib.Path.home() / ".dt-swarm")
        self.base = (web or os.environ.get("DT_SWARM_WEB") or "http://127.0.0.1:4180").rstrip("/") + "/api"
        token = token or os.environ.get("DT_SWARM_TOKEN") or (home / "web-token").read_text().strip()
        self.session = requests.Session()
        self.session.headers["Authorization"] = "Bearer " + token

    def call(self, method, path, patience=60, **options):
        """`patience` is how long the peer may say nothing, in seconds."""
        # One number for all of it: while a body is sent, requests counts the time to connect.
        answer = self.session.request(method, self.base + path, timeout=patience, **options)
        if answer.ok:
            return answer
        try:
            error = answer.json()
            raise RuntimeError(f"{error['code']}: {error['message']}")
        except (ValueError, KeyError):
            raise RuntimeError(f"{method} {path} was answered with {answer.status_code} {answer.reason}") from None

    def get(self, path, **query):
        return self.call("GET", path, params={k: v for k, v in query.items() if v is not None}).json()

    def post(self, path, **body):
        return self.call("POST", path, json=body).json()

    def store(self, path, name=None, channel=None):
        """Shares a file, streamed, and tells its CID. `name` may be of a folder: "run-17/camera.bag"."""
        path = pathlib.Path(path)
        query = {"name": name or path.name, **({} if channel is None else {"channel": channel})}
        # The answer comes when all of it is on the disk and was looked into: a slow card writes 1 MB a second.
        patience = 60 + path.stat().st_size / 1e6
        with path.open("rb") as file:
            return self.call("PUT", "/files/upload", patience, params=query, data=file).json()["cid"]

    def link(self, path, channel=None):
        """Shares a file or folder of the peer's own machine where it lies, without a copy; waits until it is done.

        Tells the CID of a file; of a folder the CIDs of its files by their names. A folder of which files are refused
        is a RuntimeError that says why, and the rest of it is shared.
        """
        body = {"paths": [str(pathlib.Path(path).resolve())], "how": "link", "channel": channel}
        # A folder is one transfer; files that are refused are listed behind it.
        ended = self.wait(self.post("/files/share", **body)[0]["id"])
        if ended["cid"] is not None:
            return ended["cid"]
        refused = [
            transfer["error"]["message"]
            for transfer in self.get("/transfers")
            if (transfer["group"] or {}).get("id") == ended["id"] and transfer["error"]
        ]
        if refused:
            raise RuntimeError(f"{ended['name']}: {ended['step']}: " + " ".join(refused[:5]))
        return {share["name"]: share["cid"] for share in self.list(folder=ended["name"]) if share["own"]}

    def find(self, uri, channel=None):
        """What a URI (ipfs://CID, a CID, sha1://HASH) stands for, and who has it."""
        return self.get("/files/find", uri=uri, channel=channel)

    def load(self, uri, path):
        """Writes a file here, from whoever has it. Its blocks are checked by the peer, and so is what sha1:// names."""
        part = pathlib.Path(f"{path}.part")
        with self.call("GET", "/files/content", params={"uri": uri}, stream=True) as answer, part.open("wb") as file:
            for chunk in answer.iter_content(1 << 20):
                file.write(chunk)
        part.replace(path)
        return pathlib.Path(path)

    def read(self, uri, offset, length):
        """A range of a file's bytes: only the blocks that hold it travel. RuntimeError when it begins past the end."""
        headers = {"Range": f"bytes={offset}-{offset + length - 1}"}
        return self.call("GET", "/files/content", params={"uri": uri}, headers=headers).content

    def list(self, robot=None, topic=None, search=None, since=None, folder=None):
        """Shared files that match; `since` is a time in seconds, as time.time() tells it."""
        origin = None if robot is None else self.peer_of(robot)
        from_ms = None if since is None else int(since * 1000)
        return self.get("/files", origin=origin, topic=topic, search=search, fromMs=from_ms, folder=folder)

    def peer_of(self, robot):
        """The id of a machine of the swarm, by its name or its id."""
        found = [machine["peer"] for machine in self.get("/fleet") if robot in (machine["name"], machine["peer"])]
        if len(found) != 1:
            raise RuntimeError(f"{len(found) or 'no'} machines of the swarm are called {robot}")
        return found[0]

    def fetch(self, cid):
        """Lets the peer fetch a file into its download folder; waits, and tells where it is."""
        return self.wait(self.post(f"/files/{cid}/fetch", to="downloads")["id"])["path"]

    def wait(self, transfer):
        while (view := self.get(f"/transfers/{transfer}"))["endedAtMs"] is None:
            time.sleep(0.2)
        if view["state"] != "done":
            raise RuntimeError(view["error"]["message"] if view["error"] else view["step"])
        return view

    def join(self, channel):
        return self.post(f"/files/channels/{urllib.parse.quote(channel)}/join")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    store = commands.add_parser("store")
    store.add_argument("file")
    store.add_argument("--channel")
    load = commands.add_parser("load")
    load.add_argument("uri")
    load.add_argument("path")
    listing = commands.add_parser("list")
    listing.add_argument("--robot")
    listing.add_argument("--topic")
    listing.add_argument("--search")
    listing.add_argument("--hours", type=float)
    given = parser.parse_args()
    peer = Peer()
    if given.command == "store":
        cid = peer.store(given.file, channel=given.channel)
        name = urllib.parse.quote(pathlib.Path(given.file).name)
        print(f"ipfs://{cid}/{name}")
        print(f"sha1://{peer.find(cid)['sha1']}/{name}")
    elif given.command == "load":
        print(peer.load(given.uri, given.path))
    else:
        since = None if given.hours is None else time.time() - given.hours * 3600
        for share in peer.list(given.robot, given.topic, given.search, since):
            topics = [topic["name"] for topic in (share["log"] or {}).get("topics", [])]
            print(share["cid"], share["sizeBytes"], share["originName"], share["name"], *topics)


if __name__ == "__main__":
    try:
        main()
    except (RuntimeError, requests.RequestException, OSError) as error:
        sys.exit(f"files.py: {error}")
