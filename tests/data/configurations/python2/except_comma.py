import os

try:
    HOST = os.uname()[1]
except OSError, error:
    HOST = "localhost"
