import subprocess


def get_pass():
    pipe = subprocess.Popen(["printf", "%s\\n", 'login jo', 'pass"word'], stdout=subprocess.PIPE)
    lines = [line.strip("\n") for line in pipe.stdout]
    pipe.wait()
    return lines[1]
