import commands


def get_pass():
    status, output = commands.getstatusoutput("printf '%s' 'pass\"word'")
    return output if status == 0 else commands.getoutput("false")
