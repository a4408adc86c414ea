"""Compares ways to ask DynamoDB: the figures of docs/decisions/0006-a-client-of-our-own.md.

    python -m venv /tmp/bench && /tmp/bench/bin/pip install botocore pydynox aiodynamo aiohttp
    /tmp/bench/bin/python bench/clients.py [ROUNDS]

Takes the clients that are installed, against a stand-in for DynamoDB in a process of its own on loopback. Every round
runs each client once, so that what else the machine does hits them alike; the figures are medians over the rounds,
as ratios to botocore. Measured are

- a whole process from its start to its first item, in time and in CPU;
- the CPU of one warm Query of 1, 100 and 1,000 items, all threads of the process together;
- whether the client takes an item whose checksum (`x-amz-crc32`) is wrong.
"""

import importlib.util
import json
import multiprocessing
import os
import socket
import socketserver
import statistics
import subprocess
import sys
import time
import zlib
from pathlib import Path
from typing import Any

LAYER = Path(__file__).resolve().parents[1] / "layers/shared"
SIZES = (1, 100, 1000)
ENVIRONMENT = {"AWS_ACCESS_KEY_ID": "local", "AWS_SECRET_ACCESS_KEY": "local", "AWS_REGION": "us-east-1"}

BOTOCORE = """
import os
import botocore.session
from botocore.config import Config
{more}
client = botocore.session.get_session().create_client(
    "dynamodb", region_name="us-east-1", endpoint_url=os.environ["AWS_ENDPOINT_URL_DYNAMODB"], config=Config({config})
)
def get(table="1"):
    return client.get_item(TableName=table, Key={{"PK": {{"S": "a"}}, "SK": {{"S": "b"}}}})["Item"]
def query(table):
    values = {{":pk": {{"S": "a"}}}}
    return client.query(TableName=table, KeyConditionExpression="PK = :pk", ExpressionAttributeValues=values)["Items"]
"""
OWN_PARSER = """
import json
import botocore.parsers
class Parser(botocore.parsers.JSONParser):
    def parse(self, response, shape):
        if response["status_code"] != 200:
            return super().parse(response, shape)
        return {"ResponseMetadata": {"HTTPStatusCode": 200}, **json.loads(response["body"])}
botocore.parsers.PROTOCOL_PARSERS["json"] = Parser
"""
CLIENTS: dict[str, tuple[list[str], str]] = {
    "botocore": (["botocore"], BOTOCORE.format(more="", config="")),
    "botocore, own parser": (
        ["botocore"],
        BOTOCORE.format(more=OWN_PARSER, config='retries={"total_max_attempts": 1}'),
    ),
    "pydynox": (
        ["pydynox"],
        """
import os
from pydynox import DynamoDBClient
client = DynamoDBClient(
    region="us-east-1", access_key="local", secret_key="local", endpoint_url=os.environ["AWS_ENDPOINT_URL_DYNAMODB"]
)
def get(table="1"):
    return client.sync_get_item(table, {"PK": "a", "SK": "b"})
def query(table):
    values = {":pk": "a"}
    return list(client.sync_query(table, "PK = :pk", expression_attribute_values=values))
""",
    ),
    "aiodynamo": (
        ["aiodynamo", "aiohttp"],
        """
import asyncio, os
from aiodynamo.client import Client
from aiodynamo.credentials import Credentials
from aiodynamo.expressions import HashKey
from aiodynamo.http.aiohttp import AIOHTTP
from aiohttp import ClientSession
from yarl import URL
loop = asyncio.new_event_loop()
async def connect():
    endpoint = URL(os.environ["AWS_ENDPOINT_URL_DYNAMODB"])
    return Client(AIOHTTP(ClientSession()), Credentials.auto(), "us-east-1", endpoint)
client = loop.run_until_complete(connect())
def get(table="1"):
    return loop.run_until_complete(client.get_item(table, {"PK": "a", "SK": "b"}))
def query(table):
    return loop.run_until_complete(client.query_single_page(table, HashKey("PK", "a"))).items
""",
    ),
    "ours": (
        [],
        """
from lms.table.client import call
def get(table="1"):
    return call("GetItem", TableName=table, Key={"PK": {"S": "a"}, "SK": {"S": "b"}})["Item"]
def query(table):
    values = {":pk": {"S": "a"}}
    return call("Query", TableName=table, KeyConditionExpression="PK = :pk", ExpressionAttributeValues=values)["Items"]
""",
    ),
}
FIRST = "\nassert get()\nimport os\nos._exit(0)  # what a process does at its end is not asked\n"
WARM = """
import time
def cost(size):
    repeats = max(20, 2000 // size)
    for _ in range(10):
        assert len(query(str(size))) == size
    began = time.process_time()
    for _ in range(repeats):
        query(str(size))
    return (time.process_time() - began) / repeats
import json, os
print(json.dumps([cost(size) for size in {sizes}]), flush=True)
os._exit(0)
"""
DAMAGED = """
import os
try:
    found = get("damaged")
except Exception as error:
    print("refused", type(error).__name__, flush=True)
else:
    print("taken" if found else "taken as an empty answer", flush=True)
os._exit(0)
"""


def main() -> None:
    """Measure, and print a table."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 15
    clients = [name for name, (needs, _) in CLIENTS.items() if all(importlib.util.find_spec(need) for need in needs)]
    port, server = start_server()
    try:
        for name in clients:  # byte code, and the system's file cache
            run(name, FIRST, port)
        wall: dict[str, list[float]] = {name: [] for name in clients}
        cpu: dict[str, list[float]] = {name: [] for name in clients}
        warm: dict[str, list[list[float]]] = {name: [] for name in clients}
        for _ in range(rounds):
            for name in clients:
                seconds, used, _ = run(name, FIRST, port)
                wall[name].append(seconds)
                cpu[name].append(used)
        for _ in range(max(5, rounds // 2)):
            for name in clients:
                warm[name].append(json.loads(run(name, WARM.replace("{sizes}", str(SIZES)), port)[2]))
        damaged = {name: run(name, DAMAGED, port)[2].strip() for name in clients}
    finally:
        server.terminate()
    columns = ["first item", "its CPU", *(f"Query {size:,}" for size in SIZES)]
    print(f"{'':22}{''.join(f'{column:>13}' for column in columns)}  wrong checksum")
    for name in clients:
        ratios = [ratio(wall, name), ratio(cpu, name)]
        for at in range(len(SIZES)):
            ratios.append(ratio({one: [row[at] for row in rows] for one, rows in warm.items()}, name))
        print(f"{name:22}{''.join(f'{value:>13.2f}' for value in ratios)}  {damaged[name]}")


def ratio(measured: dict[str, list[float]], name: str) -> float:
    return statistics.median(measured[name]) / statistics.median(measured["botocore"])


def run(name: str, rest: str, port: int) -> tuple[float, float, str]:
    """Run a program with the client in a new process: its time, its CPU, both in seconds, and what it printed."""
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("AWS_")},
        **ENVIRONMENT,
        "AWS_ENDPOINT_URL_DYNAMODB": f"http://127.0.0.1:{port}",
        "PYTHONPATH": str(LAYER) if name == "ours" else "",
    }
    began = time.perf_counter()
    process = subprocess.Popen(  # noqa: S603 - our own program
        [sys.executable, "-c", CLIENTS[name][1] + rest], env=environment, stdout=subprocess.PIPE, text=True
    )
    output = process.stdout.read() if process.stdout else ""
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{name} failed")
    return seconds, usage.ru_utime + usage.ru_stime, output


# --- A stand-in for DynamoDB ------------------------------------------------------------------------------------------


def item(number: int) -> dict[str, Any]:
    """An enrollment, as the table holds it."""
    course = f"course-v1:DemoX+DX{number:04}+2026_T1"
    return {
        "PK": {"S": "USER#mona"},
        "SK": {"S": f"ENROLL#{course}"},
        "course_id": {"S": course},
        "created": {"S": "2026-03-02T09:30:15.123456Z"},
        "mode": {"S": "audit"},
        "active": {"BOOL": True},
    }


class Handler(socketserver.StreamRequestHandler):
    """Answers by the operation, and by the number of items that the table is named for."""

    def handle(self) -> None:
        self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        while self.rfile.readline():
            headers = {}
            while line := self.rfile.readline().decode().strip():
                name, _, value = line.partition(":")
                headers[name.lower()] = value.strip()
            body = json.loads(self.rfile.read(int(headers["content-length"])))
            answer = ANSWERS[headers["x-amz-target"].partition(".")[2], body["TableName"]]
            checksum = 1 if body["TableName"] == "damaged" else zlib.crc32(answer)
            head = f"HTTP/1.1 200 OK\r\nContent-Type: application/x-amz-json-1.0\r\nx-amz-crc32: {checksum}\r\n"
            head += f"x-amzn-RequestId: 0123456789\r\nContent-Length: {len(answer)}\r\n\r\n"
            self.wfile.write(head.encode() + answer)


class Server(socketserver.ThreadingTCPServer):
    """One thread for each connection."""

    daemon_threads = True
    request_queue_size = 64


ANSWERS = {("GetItem", table): json.dumps({"Item": item(1)}).encode() for table in ("1", "damaged")} | {
    ("Query", str(size)): json.dumps(
        {"Count": size, "Items": [item(number) for number in range(size)], "ScannedCount": size}
    ).encode()
    for size in SIZES
}


def start_server() -> tuple[int, Any]:
    """Serve in a process of its own; the port, and the process."""
    server = Server(("127.0.0.1", 0), Handler)
    process = multiprocessing.get_context("fork").Process(target=server.serve_forever, daemon=True)
    process.start()
    return server.server_address[1], process


if __name__ == "__main__":
    main()
