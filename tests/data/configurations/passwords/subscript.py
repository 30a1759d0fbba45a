import json


def entry(name):
    return json.loads('{"user": "jo", "password": "pass\\"word"}')
