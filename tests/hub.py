"""The cards and a download of a bundle, by huggingface_hub itself, without a network.

Usage: hub.py cards BUNDLE       prints as JSON what ModelCard reads from each README
       hub.py download BUNDLE DIR  snapshot_download from a hub on this machine that holds BUNDLE
"""

import hashlib
import http.server
import json
import os
import pathlib
import sys
import threading

COMMIT = "1" * 40


def cards(bundle):
    from huggingface_hub import ModelCard, ModelCardData

    read = {}
    for path in sorted(bundle.glob("README*.md")):
        card = ModelCard.load(path)
        assert isinstance(card.data, ModelCardData)
        again = ModelCard(str(card))  # what the library writes of it, it reads again
        assert again.data.to_dict() == card.data.to_dict()
        results = [[r.task_type, r.dataset_type, r.metric_type, r.metric_value] for r in card.data.eval_results]
        read[path.name] = {"data": card.data.to_dict(), "results": results, "text": len(card.text)}
    json.dump(read, sys.stdout)


class Hub(http.server.BaseHTTPRequestHandler):
    """As much of the hub's API as snapshot_download asks for."""

    def reply(self, body, **headers):
        self.send_response(200)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body)

    def do_GET(self):
        path = self.path.split("?")[0]
        if path.startswith("/api/models/a/b/revision/"):
            siblings = [{"rfilename": name} for name in self.server.files]
            return self.reply(json.dumps({"id": "a/b", "sha": COMMIT, "siblings": siblings}).encode())
        if path.startswith("/api/models/a/b/tree/"):
            return self.reply(json.dumps([entry(*file) for file in self.server.files.items()]).encode())
        name = path.removeprefix(f"/a/b/resolve/{COMMIT}/")
        if name not in self.server.files:
            return self.send_error(404)
        data = self.server.files[name]
        self.reply(data, X_Repo_Commit=COMMIT, ETag=f'"{blob_id(data)}"')

    do_HEAD = do_GET

    def log_message(self, *args):
        pass


def blob_id(data):
    return hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()


def entry(name, data):
    return {"type": "file", "path": name, "size": len(data), "oid": blob_id(data)}


def download(bundle, directory):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Hub)
    server.files = {str(p.relative_to(bundle)): p.read_bytes() for p in sorted(bundle.rglob("*")) if p.is_file()}
    threading.Thread(target=server.serve_forever, daemon=True).start()
    os.environ.update(HF_ENDPOINT=f"http://127.0.0.1:{server.server_port}", HF_HUB_DISABLE_TELEMETRY="1",
                      HF_HUB_DISABLE_PROGRESS_BARS="1", HF_HUB_DISABLE_XET="1", HF_HOME=str(directory) + ".home",
                      NO_PROXY="127.0.0.1", no_proxy="127.0.0.1")
    from huggingface_hub import snapshot_download

    snapshot_download("a/b", local_dir=directory)


if __name__ == "__main__":
    command, arguments = sys.argv[1], [pathlib.Path(a) for a in sys.argv[2:]]
    {"cards": cards, "download": download}[command](*arguments)
