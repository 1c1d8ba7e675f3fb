"""Twenty handlers, and an event for each: what people write, what goes wrong, what runtimes make of it.

Each is answered alike wherever it runs, but for names of folders and ids.
"""

HANDLERS: dict[str, tuple[str, str]] = {
    "echo": ("def handler(event, context):\n    return event\n", '{"a": [1, 2.5, null, true, "ö"]}'),
    "no event": ("def handler(event, context):\n    return [event, type(event).__name__]\n", ""),
    "a text": ("def handler(event, context):\n    return 'plain ' + event\n", '"words"'),
    "nothing": ("def handler(event, context):\n    pass\n", "{}"),
    "a web answer": (
        (
            "import json\n"
            "def handler(event, context):\n"
            "    return {'statusCode': 200, 'headers': {'x': 'y'}, 'body': json.dumps(event)}\n"
        ),
        '{"rawPath": "/"}',
    ),
    "printed lines": (
        (
            "import sys\n"
            "print('at import')\n"
            "def handler(event, context):\n"
            "    print('one')\n    print('two', file=sys.stderr)\n    print('thr' + chr(233) + 'e')\n"
            "    return 3\n"
        ),
        "{}",
    ),
    "logged records": (
        (
            "import logging\n"
            "log = logging.getLogger()\nlog.setLevel('INFO')\n"
            "def handler(event, context):\n"
            "    log.info('a record')\n    log.warning('two\\nlines')\n    log.debug('not this one')\n"
            "    return context.function_name[:3]\n"
        ),
        "{}",
    ),
    "an error": (
        (
            "def deep(value):\n    raise ValueError(f'no {value}')\n"
            "def handler(event, context):\n    return deep(event['what'])\n"
        ),
        '{"what": "luck"}',
    ),
    "an error of its own kind": (
        (
            "class OrderGone(Exception):\n    pass\n"
            "def handler(event, context):\n    print('before')\n    raise OrderGone({'id': 7})\n"
        ),
        "{}",
    ),
    "an error from another": (
        (
            "def handler(event, context):\n"
            "    try:\n        {}['missing']\n"
            "    except KeyError as error:\n        raise RuntimeError('wrapped') from error\n"
        ),
        "{}",
    ),
    "a missing module": ("import nowhere_to_be_found\ndef handler(event, context):\n    return 1\n", "{}"),
    "a missing handler": ("def other(event, context):\n    return 1\n", "{}"),
    "a syntax error": ("def handler(event, context)\n    return 1\n", "{}"),
    "an error while importing": ("1 / 0\ndef handler(event, context):\n    return 1\n", "{}"),
    "no JSON": ("def handler(event, context):\n    return {1, 2}\n", "{}"),
    "an exit": (
        "import os\ndef handler(event, context):\n    print('going', flush=True)\n    os._exit(3)\n",
        "{}",
    ),
    "sys.exit": ("import sys\ndef handler(event, context):\n    sys.exit('enough')\n", "{}"),
    "a time-out": (
        "import time\ndef handler(event, context):\n    print('waits', flush=True)\n    time.sleep(60)\n",
        "{}",
    ),
    "its surroundings": (
        (
            "import os, time\n"
            "def handler(event, context):\n"
            "    names = ['MINE', 'AWS_REGION', 'AWS_LAMBDA_FUNCTION_NAME',\n"
            "             'AWS_LAMBDA_FUNCTION_MEMORY_SIZE', '_HANDLER', 'AWS_EXECUTION_ENV',\n"
            "             'TZ', 'AWS_ENDPOINT_URL', 'AWS_ACCESS_KEY_ID']\n"
            "    return [{name: os.environ.get(name) for name in names}, context.memory_limit_in_mb,\n"
            "            context.invoked_function_arn, context.function_version, os.listdir(os.getcwd()),\n"
            "            context.get_remaining_time_in_millis() > 500, time.tzname[0]]\n"
        ),
        "{}",
    ),
    "a call of AWS": (
        (
            "import boto3\n"
            "def handler(event, context):\n"
            "    found = boto3.client('lambda').get_function(FunctionName=context.function_name)\n"
            "    return found['Configuration']['Handler']\n"
        ),
        "{}",
    ),
}
