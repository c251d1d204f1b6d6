"""An S3-compatible store that is not ours, on loopback: moto, which looks at signatures as AWS does.

Run by a Python of its own (`make object-store`), for the agent's has none of this. Prints one line of JSON: where it
is, who may write, and who may not. It ends when its standard input does.
"""

import json
import logging
import sys

import boto3
from moto import settings
from moto.server import ThreadedMotoServer

BUCKET = "kiosks"


def rights(**more: str) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **more}]})


def main() -> None:
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    url = f"http://{host}:{port}"
    asking = {"endpoint_url": url, "region_name": "us-east-1", "aws_access_key_id": "a", "aws_secret_access_key": "b"}
    buckets = boto3.client("s3", **asking)
    buckets.create_bucket(Bucket=BUCKET)
    anybody = rights(Action="s3:GetObject", Resource=f"arn:aws:s3:::{BUCKET}/*", Principal="*")
    buckets.put_bucket_policy(Bucket=BUCKET, Policy=anybody)
    iam = boto3.client("iam", **asking)
    told: dict[str, object] = {"url": url}
    for name in ("writer", "stranger"):
        iam.create_user(UserName=name)
        made = iam.create_access_key(UserName=name)["AccessKey"]
        told[name] = {"AWS_ACCESS_KEY_ID": made["AccessKeyId"], "AWS_SECRET_ACCESS_KEY": made["SecretAccessKey"]}
    iam.put_user_policy(UserName="writer", PolicyName="all", PolicyDocument=rights(Action="s3:*", Resource="*"))
    settings.INITIAL_NO_AUTH_ACTION_COUNT = 0
    sys.stdout.write(json.dumps(told) + "\n")
    sys.stdout.flush()
    sys.stdin.read()


main()
