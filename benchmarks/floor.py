"""The floor program: bare Tornado handlers that do one database operation each."""

import argparse
import asyncio
import secrets
from typing import Any

import orjson
from pymongo import AsyncMongoClient
from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets
from tornado.web import Application, RequestHandler


class Floor(RequestHandler):
    def initialize(self, database: Any) -> None:
        self.database = database

    def answer(self, body: Any, status: int = 200) -> None:
        self.set_status(status)
        self.set_header("Content-Type", "application/scim+json")
        self.finish(orjson.dumps(body))


class Users(Floor):
    async def post(self) -> None:
        body = orjson.loads(self.request.body)
        user = "u_" + secrets.token_hex(12)
        name = body["userName"].casefold()
        document = {
            "_id": user, "ws": "w", "v": 1, "keys": [f"username={name}"], "unique": [f"username={name}"],
            "scim": {"body": self.request.body.decode()}, "app": {"body": self.request.body.decode()},
        }  # fmt: skip
        await self.database.floor_users.insert_one(document)
        self.answer({"id": user}, 201)

    async def get(self) -> None:
        name = self.get_query_argument("filter").split('"')[1].casefold()
        self.answer(await self.database.floor_users.find_one({"ws": "w", "keys": f"username={name}"}))


class User(Floor):
    async def get(self, user: str) -> None:
        self.answer(await self.database.floor_users.find_one({"_id": user, "ws": "w"}))

    async def patch(self, user: str) -> None:
        value = orjson.loads(self.request.body)["Operations"][0]["value"]
        await self.database.floor_users.update_one({"_id": user, "ws": "w"}, {"$set": {"title": value}})
        self.answer({"id": user})


class Group(Floor):
    async def patch(self, group: str) -> None:
        member = orjson.loads(self.request.body)["Operations"][0]["value"][0]["value"]
        await self.database.floor_rows.insert_one(
            {"_id": f"{group}:{member}:{secrets.token_hex(4)}", "ws": "w", "group": group, "member": member}
        )
        self.set_status(204)
        self.finish()


async def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--url", required=True)
    parser.add_argument("--port", type=int, required=True)
    options = parser.parse_args()
    database = AsyncMongoClient(options.url)["benchmark"]
    await database.floor_users.create_index([("ws", 1), ("keys", 1)])
    await database.floor_users.create_index([("ws", 1), ("unique", 1)], unique=True)
    await database.floor_rows.create_index([("ws", 1), ("group", 1)])
    arguments = {"database": database}
    server = HTTPServer(
        Application(
            [("/Users", Users, arguments), ("/Users/(.+)", User, arguments), ("/Groups/(.+)", Group, arguments)]
        )
    )
    server.add_sockets(bind_sockets(options.port, "127.0.0.1"))
    print("ready", flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())
