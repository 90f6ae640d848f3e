"""Made-up text in two scripts."""

import itertools
import random
from collections.abc import Sequence

_WORDS = 3_000
_SYLLABLES = (
    "al ar ban ber ca con cor da del der el en fan for ga gar hol il in ka kan la lin lor ma mar men na nor on or pa "
    "pan per po qui ra ran ri sa sen so ta ter ti tor ul va van vi wer zen"
)
_CHARACTERS = (
    "日一国人年大十二本中長出三時行見月分後前生五間上東四今金九入学高円子外八六下来気小七山話女北午百書先名川千水半男西電校語土木聞食車何南万毎白天母火右読友左休父雨"
    "会同事自社発者地業方新場員立開手力問代明動京目通言理体田主題意不作用度強公持野以思家世多正安院心界教文元重近考画海売知道集別物使品計死特私始朝運終台広住無真有口少町"
    "料工建空急止送切転研足究楽起着店病質待試族銀早映親験英医仕去味写字答夜音注帰古歌買悪図週室歩風紙黒花春赤青館屋色走秋夏習駅洋旅服夕借曜飲肉貸堂鳥飯勉冬昼茶弟牛魚兄犬妹姉漢"
)


class Language:
    """Words of which some are common and most are rare: in proportion to 1 / rank, as in real text."""

    def __init__(self, parts: Sequence[str], separators: Sequence[str]) -> None:
        """Words are made of two or three `parts`; one of the `separators` stands between them."""
        choice = random.Random(len(parts))  # noqa: S311 -- no secret
        words = dict.fromkeys("".join(choice.choices(parts, k=choice.randint(2, 3))) for _ in range(_WORDS))
        self._words = list(words)
        self._weights = list(itertools.accumulate(1 / rank for rank in range(1, len(words) + 1)))
        self._separators = separators

    def words(self, choice: random.Random, count: int) -> list[str]:
        """So many words; the same one may come twice."""
        return choice.choices(self._words, cum_weights=self._weights, k=count)

    def phrase(self, choice: random.Random, count: int) -> str:
        """So many words as one text."""
        return "".join(word + choice.choice(self._separators) for word in self.words(choice, count)).strip()


LATIN = Language(_SYLLABLES.split(), " ")
JAPANESE = Language(_CHARACTERS, ("の", "と", "を", "に", "、", "は", "で", "ました。"))
