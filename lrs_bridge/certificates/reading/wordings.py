"""The words that certificates use in bokmål, nynorsk and English: labels before values, and phrases in sentences."""

import re
from collections.abc import Mapping
from enum import StrEnum


class Role(StrEnum):
    """What the value of a label is. ``date`` is a date of which the label does not say more; ``other`` is nothing we look for."""

    TITLE = "title"
    HOLDER = "holder"
    ISSUER = "issuer"
    HELD = "held"
    START = "start"
    END = "end"
    COMPLETED = "completed"
    ISSUED = "issued"
    DATE = "date"
    VALID = "valid_until"
    HOURS = "hours"
    POINTS = "points"
    CODE = "code"
    LINK = "link"
    OTHER = "other"


_LABELS: Mapping[Role, str] = {
    Role.TITLE: r"""
        kurs; kurset; kurs ?(?:nr\.?|nummer|id)? ?[\w.-]*\d[\w.-]*; kursnavn; kursnamn; kurstittel; kursets
        (?:navn|tittel); (?:navn|namn|tittel) på kurs(?:et)?; tittel; emne; emnenavn; tema; e-læringskurs; nettkurs;
        læringsressurs; læringsaktivitet; modul; aktivitet; arrangement; course; course (?:name|title); title;
        (?:title|name) of (?:the )?(?:course|event|activity|module); activity; activity title; event; event title;
        module; programme; program; subject; topic
    """,
    Role.HOLDER: r"""
        navn; namn; name; fullt navn; full name; (?:kurs)?delta(?:ker|kar|ger)(?:en)?s? ?(?:navn|namn)?; navn på
        (?:kurs)?deltaker(?:en)?; participant(?:['’]?s)?(?: name)?; name of (?:the
        )?(?:participant|attendee|delegate|candidate); student(?:ens?)?(?: navn)?; kandidat(?:ens?)?(?: navn)?;
        candidate(?: name)?; attendee; learner; delegate; holder; kursist; tildelt; tildeles; ansatt; tilsett;
        medarbeider; employee; lege; awarded to; presented to; issued to; utstedt til; utferda til; granted to;
        recipient
    """,
    Role.ISSUER: r"""
        arrangør; kursarrangør; arrangert av; utsteder; utstedt av; utferda av; utskrivar; utstedende
        (?:organisasjon|virksomhet); tilbyder; tilbydar; kurstilbyder; kursholder; organi[sz]er; organi[sz]ed by;
        provider; provided by; issued by; issuer; issuing (?:body|organi[sz]ation|authority); offered by;
        institution; course (?:provider|organi[sz]er|cent(?:re|er)); training (?:provider|cent(?:re|er))
    """,
    Role.HELD: r"""
        kursdato(?:er|ar)?; kursperiode; kurstid; periode; tidspunkt; tidsrom; dato for kurs(?:et)?; avholdt;
        gjennomføringsperiode; kursdager; course dates?; dates; dates? of (?:the
        )?(?:course|attendance|event|activity); event dates?; course period; period; held
    """,
    Role.START: r"""
        start; startdato; starta; startet; fra; frå; fra dato; kursstart; from; start date; begin date
    """,
    Role.END: r"""
        slutt; sluttdato; til; til dato; kursslutt; to; end date
    """,
    Role.COMPLETED: r"""
        fullført(?: dato)?; fullført den; fullføringsdato; dato for (?:fullføring|gjennomføring); (?:dato
        )?(?:gjennomført|fullført|bestått); gjennomført(?: dato)?; gjennomføringsdato; bestått(?: dato)?;
        completed(?: on)?; date (?:completed|passed); completion date; date of completion; passed(?: on)?
    """,
    Role.ISSUED: r"""
        utstedt(?: dato| den)?; utstedelsesdato; utstedingsdato; dato (?:utstedt|for utstedelse); utferda; utskrive;
        skrevet ut; bekreftelse skrevet ut; utskriftsdato; issued(?: on)?; issue date; date (?:of issue|issued);
        awarded(?: on)?; date awarded
    """,
    Role.DATE: r"""
        dato; date; sted og dato; stad og dato; sted, dato; dato og sted; place and date; dato, sted
    """,
    Role.VALID: r"""
        gyldig; valid; gyldighetsperiode; gyldighetstid; validity; valid from; gyldig (?:til|t\.?o\.?m\.?); gyldig
        til og med; gjeld til; gyldighet; utløper; utløpsdato; utgår; må fornyes innen; resertifisering innen; valid
        (?:until|to|through|thru); expires(?: on)?; expir(?:y|ation)(?: date)?; renew(?:al)? (?:by|date)
    """,
    Role.HOURS: r"""
        timer; timar; timetall; timetal; antall (?:kurs|undervisnings)?timer; tal på timar;
        (?:kurs|undervisnings)tim(?:er|ar); kurslengde; omfang; varighet; varigheit; lengde; tidsbruk; estimert
        (?:varighet|varigheit|tid|tidsbruk); godkjente timer; samlet kurstid; tot(?:al|alt)(?: antall)? timer;
        hours; (?:number of|total|contact|learning|credit|cpd|cme) hours; duration; length; estimated
        (?:time|duration)
    """,
    Role.POINTS: r"""
        poeng; studiepoeng; kurspoeng; antall (?:kurs|studie)?poeng; tellende (?:kurs)?poeng; godkjente poeng; ects;
        ects[- ]?(?:poeng|credits); (?:cme|cpd)(?:[- ](?:credits?|points?|poeng))?; credits?; credit points; points
    """,
    Role.CODE: r"""
        (?:verifi(?:serings|kasjons)|kontroll|bekreftelses|validerings)-?kode; (?:kurs)?bevis[- ]?(?:et)?s?[-
        ]?<no>; (?:sertifikat|diplom|dokument|serie)[- ]?<no>; referanse(?:nummer|kode)?; ref\.?; ref\.? ?<no>;
        (?:certificate|cert\.?|diploma|document|serial|credential|registration)(?: <no>| number| code); verification
        (?:code|id|number); validation code; unique code; id
    """,
    Role.LINK: r"""
        verify(?: (?:at|this certificate at|here))?; verifiser(?:es)?(?: (?:på|her))?; kontroller(?:es)?(?: på)?;
        verification (?:link|url); ekthet
    """,
    Role.OTHER: r"""
        fødselsdato; fødselsnr\.?; fødselsnummer; født; fødd; personnummer; date of birth; dob; born;
        hpr(?:-?n(?:umme)?r\.?)?; kursleders? ?\w*; kursledere; foreleser(?:e)?; instruktør; ansvarlig; sted; stad;
        kurssted; place; venue; location; status; result(?:at)?; poengsum; score; karakter; grade;
        kurs-?(?:id|nr\.?|nummer|kode); course (?:id|code|number); emnekode; signatur; underskrift; signature;
        e-?post; email; tele(?:fon|phone); tlf\.?; adresse; address; arbeidssted; stilling; avdeling; org\.? ?nr\.?;
        innhold; program; læringsmål; side; page; nivå; level; språk; language; kategori; category; målgruppe;
        kursavgift; instructor; director; speaker; learning objectives
    """,
}
"""Alternatives, parted by semicolons, each a regular expression; ``<no>`` is any word for number."""
_NO = r"(?:nummer|nr\.?|no\.?|id|#)"


def _either(role: Role) -> str:
    """One regular expression for all labels of a role."""
    return "|".join(" ".join(label.split()) for label in _LABELS[role].replace("<no>", _NO).split(";"))


CODE_LABELS = _either(Role.CODE)
_PATTERNS = {role: re.compile(_either(role), re.IGNORECASE) for role in _LABELS}
_VAGUE = re.compile(
    r"tittel|title|tema|aktivitet|arrangement|activity|event|program(?:me)?|topic|subject|lege|id|kursholder|ref\.?|til|fra|to|from",
    re.IGNORECASE,
)
_SLASH = re.compile(r"\s*[/|]\s*|\s+[-–]\s+")


def role_of(label: str) -> Role | None:
    """What a label (without its colon) announces; of one in two languages (Navn / Name) each part must announce the same."""
    found = {_role(part) for part in _SLASH.split(label.strip(" .:")) if part}
    return found.pop() if len(found) == 1 else None


def _role(part: str) -> Role | None:
    return next((role for role, pattern in _PATTERNS.items() if pattern.fullmatch(part.strip(" .:"))), None)


def is_vague(label: str) -> bool:
    """Whether a label may well announce something else, such as the title that a person has."""
    return _VAGUE.fullmatch(label.strip(" .:")) is not None


_OF_WHAT = (
    r"gjennomført|fullført|deltakelse|deltaking|deltagelse|participation|attendance|completion|achievement|appreciation|training|kurs\w*|"
    r"leger|i|på|videreutdanning|vidareutdanning|spesialisering|course|opplæring|utdanning|competence|accomplishment"
)
_HEADING = re.compile(
    r"(?:(?:(?:kurs|deltaker|deltager|deltakar|fullførings|kompetanse|opplærings|e-lærings|kursdeltaker)?-?"
    r"(?:bevis|prov|attest|sertifikat|diplom)|(?:kurs)?bekreftelse|(?:kurs)?stadfesting|diploma|vitnemål"
    rf"|(?:\w+ ){{0,2}}certificate|statement of \w+)(?: (?:på|for|of|i|om|in)(?: (?:{_OF_WHAT})){{0,5}})?)",
    re.IGNORECASE,
)


def is_heading(text: str) -> bool:
    """Whether a line says that this is a certificate, and no more: in one language or in two."""
    parts = [part for part in _SLASH.split(text.strip(" .:!*")) if part]
    return bool(parts) and all(_HEADING.fullmatch(part) for part in parts)


PARTICIPATION = (
    r"(?:(?:har|hev)\s+(?:no\s+|nå\s+)?(?:\w+\s+)?(?:gjennomført|fullført|deltatt|delteke|deltatt|bestått|gjennomgått|tatt|teke)"
    r"|(?:har|hev)\s+(?:vært|vore)\s+(?:til\s+stede|med)|var\s+til\s+stede|(?:har|hev)\s+f[uø]lgt|\bdeltok|(?:for|på|om)\s+(?:gjennomført|fullført|bestått)(?=\s+(?:kurs|utdanning))|(?:for|på)\s+(?:gjennomført\s+)?(?:deltakelse|deltaking|deltagelse|gjennomføring|fullføring)"
    r"|(?:has|have)\s+(?:\w+ly\s+)?(?:completed|attended|participated|passed|finished)|\b(?:participated|attended)"
    r"|\bsuccessfully\s+(?:completed|attended|passed)|\b(?:en)?titled|\bmed\s+tittelen|for\s+(?:\w+ly\s+|the\s+)?(?:\w+\s+)?(?:completing|attending|participating|completion|attendance|participation|passing))"
    r"(?:\s+(?:og|and)\s+(?:\w+ly\s+)?(?:bestått|fullført|gjennomført|passed|completed))?"
)
"""That somebody took part; the course follows."""
COURSE = (
    r"(?:\s+(?:på|i|ved|in|at|of|med))?(?:\s+(?:følgende|følgjande|dette|det|the|following|an?|et|eit|ein))?"
    r"(?:\s+(?:online|digitale?|obligatoriske?|fysiske?|two-day|one-day|\w+-day)){0,2}"
    r"(?:\s+(?:(?:e-lærings|nett|emne|grunn|digital|fag|video|web)?-?kurset|e-læringa|e-læringen|modulen|(?:vidare|videre)?utdanning(?:a|en)|"
    r"opplæring\w*(?:\s+i)?|seminaret|konferansen|programmet|webinaret|emnet|kurs\s+(?:i|om)|kurs(?=\s*\n|:)|fagdagen|kongressen|samlingen|workshopen|"
    r"(?:online\s+|e-learning\s+|training\s+)?course(?:\s+(?:in|on))?|module|training|workshop|programme|program|webinar|conference|seminar|congress|session))?"
)
"""Words between that and the course's title."""
ENDS = (
    r",?\s+(?:og\s+(?:har\s+)?bestått|and\s+passed|den\s+\d|fra\s+(?:den\s+)?\d|from\s+\d|on\s+\w*\s*\d|i\s+(?:perioden|tida|tiden|tidsrommet)|"
    r"in\s+the\s+period|avholdt|arrangert|halde|som\s+(?:ble|vart|er)|held|organi[sz]ed|hos\s|ved\s+(?-i:[A-ZÆØÅ])|at\s+(?-i:[A-Z])|with\s+a|\d{1,2}\.\s?[-–\w])"
    r"|[.;](?:\s|$)|,\s+(?:(?-i:[A-ZÆØÅ0-9])|og\s+at)|\n|$"
)
"""What follows a title within a sentence."""
CONFIRMED = (
    r"(?:bekreft(?:er|es|ar|a|ast)|stadfest(?:ar|er|a|ast)|attester(?:er|es)|vitner\s+om|certif(?:y|ies)|confirms?)"
    r"[^.\n]{0,25}?\s(?:at|that|om)\s+"
)
TOOK_PART = r"(?:har|hev|has|deltok|participated|attended|completed|successfully|tok\s+del|er\s+tildelt)\b"
GIVEN_TO = (
    r"\b(?:tildel(?:es|t|ast)|utstedt\s+til|utferda\s+til|gis\s+til|presented\s+to|awarded\s+to|granted\s+to|given\s+to|issued\s+to|"
    r"conferred\s+(?:up)?on|belongs\s+to|til)\s*:?\s+"
)
GREETING = r"\b(?:Hei|Kjære|Hallo|Dear|Gratulerer|Gratulerar|Congratulations),?\s+"
ORGANISED = (
    r"\b(?:authori[sz]ed|offered|organi[sz]ed|provided|issued|presented|delivered|arrangert|utstedt|utferda|gjennomført|halde|levert|tilbudt)"
    r"\s+(?:by|av)\s+|\bi\s+regi\s+av\s+|\bhos\s+"
)
APPROVED = re.compile(
    r"(?:godkjent|godkjend|anbefalt|tilrådd|akkreditert|approved|accredited|recommended|recogni[sz]ed|endorsed|støttet|finansiert|finansiert)"
    r"\s+(?:av|by|hos|with)\W+(?:the\s+|den\s+)?$",
    re.IGNORECASE,
)
"""Before the name of one who approved the course, and did not issue the certificate."""
ORGANISATION = re.compile(
    r"(?i:sykehus|sjukehus|universitet|høgskul|høyskole|høgskole|legeforening|forening|foreining|forbund|direktorat|institutt|akademi|"
    r"klinikk|selskap|stiftels)\w*|(?i:\b(?:University|Hospital|College|Society|Association|Institute|Academy|Foundation|Federation|"
    r"Council)\b)|\b(?:HF|RHF|AS|ASA|BA|SA|kommune|fylke(?:skommune)?|senter|senteret|skole|skolen|skulen|råd|rådet|RegUt|"
    r"Colleges|School|Centre|Center|CENTER|CENTRE|Ltd|Inc|"
    r"Board|Journal|Trust|Group)\b|råd\b|\bHelse (?:Vest|Nord|Midt-Norge|Midt|Sør-Øst|Bergen|Stavanger|Fonna|Førde)\b",
)
PLACE_AND_DATE = re.compile(r"^[A-ZÆØÅ][\w .-]{1,30}?,?\s+(?:den\s+|the\s+)?$")
"""A line up to the date with which it ends: where and when a certificate was signed."""
BORN = re.compile(
    r"(?:\bf(?:ødt|ødd|ødselsdato)|\bf\.|\bborn|\bdob|birth|fødselsnummer|personnummer)\W*(?:den\s|on\s)?\W*$", re.IGNORECASE
)
VALID_UNTIL = re.compile(rf"(?:{_either(Role.VALID)}|gjelder til)\W*(?:den|on)?\W*$", re.IGNORECASE)
UPDATED = re.compile(
    r"(?:oppdater\w*|updated|revi[ds]\w*|versjon\w*|version|publi\w*|©|copyright)\W*(?:den|on)?\W*$", re.IGNORECASE
)
ISSUED_ON = re.compile(rf"\b(?:{_either(Role.ISSUED)})\W*(?:den|on)?\W*$", re.IGNORECASE)
HELD_ON = re.compile(
    r"(?:avholdt|arrangert|halde|holdt|held|took\s+place|gjennomført|fullført|bestått|completed|passed|deltok|delteke|deltatt|attended|participated|"
    r"i\s+perioden|i\s+tida|i\s+tidsrommet|in\s+the\s+period|kursdato|course\s+date|fra|from)\b[^.\n]{0,120}$",
    re.IGNORECASE,
)
TOTAL = re.compile(
    r"(?:godkjent\s+(?:med|for)|tilsvarer|tilsvarar|omfang\w*|omfatter|omfatta|omfattet|var\s+på|vart?e|varighet|varigheit|tot(?:al|alt)|samlet|samla|"
    r"beregnet\s+til|berekna\s+til|utgjør|utgjer|gir|duration|equivalent\s+to|carries|accredited\s+(?:with|for)|comprising|awarded|worth|timetall|"
    r"by\s+EACCME\s+with|with|of)\b[^.\n\d]{0,40}$",
    re.IGNORECASE,
)
"""Before a number that is the whole course's."""
