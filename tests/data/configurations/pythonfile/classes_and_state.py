import functools
import re
from dataclasses import dataclass, field


@dataclass
class Rules:
    patterns: list = field(default_factory=list)

    @functools.lru_cache(maxsize=None)
    def matches(self, folder):
        return any(re.match(pattern, folder) for pattern in self.patterns)

    __hash__ = object.__hash__


wanted = Rules([r"INBOX$", r"Archive/\d+$"]).matches
