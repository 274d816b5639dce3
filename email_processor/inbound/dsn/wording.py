"""How mail systems call themselves and what they say, as patterns. Each is linear: every repetition is bounded."""

import re

from . import languages


def _any_of(*alternatives: str, flags: int = 0) -> re.Pattern[str]:
    return re.compile("|".join(alternatives), re.IGNORECASE | flags)


# Who writes when a mail system writes: local parts, and names beside them.
SYSTEM_SENDER = re.compile(
    r"(?:^|[<\s\"'])(?:mail(?:er)?[-_. ]?da?emon|post[-_]?master|mdaemon|mail-?system|mmdf|uucp|mail-?deliver(?:y|er)"
    r"|mail\.delivery\.system|delivery-?reports?|mail-?admin|(?:mail-?)?administrator|mta|smtp-?daemon|mailsubsystem"
    r"|microsoftexchange[0-9a-f]{32}|dsn|ndr)(?:[-+][-+\w.=]{1,200})?@",
    re.IGNORECASE,
)
SYSTEM_NAME = _any_of(
    r"mail(?:er)? ?delivery|mailer[- ]?daemon|mail ?deliver(?:y|er)|mail administrator|post ?master",
    r"system administrator|delivery (?:sub)?system|mailsubsystem|internet mail (?:delivery|service)|mail router",
    r"interscan|mailmarshal|mimesweeper|mailsweeper|anti-?virus|mail ?gateway|mail ?server",
)
# Those of them that no person uses.
DAEMON_SENDER = _any_of(
    r"(?:^|[<\s\"'])mail(?:er)?[-_. ]?da?emon(?:[-+][-+\w.=]{1,200})?@",
    r"mailer[- ]?daemon|mail delivery (?:sub)?system|mail delivery service",
)
ROBOT_SENDER = re.compile(
    r"(?:no[-_.]?reply|do[-_.]?not[-_.]?reply|system|notif\w{0,12}|automat\w{0,8}|alert|virus|gateway|scanner|sweeper"
    r"|filter)[-\w.+]{0,60}@",
    re.IGNORECASE,
)
# Programs in which people write (User-Agent, X-Mailer).
MAIL_PROGRAM = _any_of(
    r"thunderbird|mozilla|apple mail|iphone|ipad|outlook(?! (?:server|protection))|\bmutt|k-9|evolution|\bkmail",
    r"roundcube|squirrelmail|eudora|the bat|pegasus|gnus|claws|sylpheed|\bhorde|zimbra|\bpine\b|alpine",
    r"windows (?:live )?mail|becky|\bairmail|\bspark\b",
)
ANSWER_PREFIX = re.compile(r"\s*(?:re|fwd?|aw|wg|tr|antw|sv|vs|rv)(?:\[\d+\])?\s*:", re.IGNORECASE)
# Letters of a help desk, a tracker, a repository.
NUMBERED_SUBJECT = _any_of(
    r"\[[^\]\n]{0,60}[# ]\d{1,12}\]", r"\b(?:ticket|case|request|incident|issue|bug|task|vorgang)[ :#-]{1,4}\d"
)

REPORT_SUBJECT = _any_of(
    r"(?:your )?(?:message|e-?mail|mail) (?:to|for)[ \"'<>]{1,6}(?:was|is|has|could|can|did|not|un|blocked|rejected|failed)",
    r"undeliver|non[- ]?deliver|not deliver|unable to deliver|problem deliver|mail delivery|unroutable",
    r"could(?:n't| not) (?:be )?(?:deliver|sen[dt]|relay)|can(?:'t|not| not) (?:be )?deliver",
    r"recipients? (?:\w+ )?(?:failed|unreachable|unknown)|(?:permanent|transient|temporary|fatal) (?:\w+ )?(?:failure|error)",
    r"(?:message|e?-?mail) (?:is|was|has been) (?:still )?(?:waiting|queued|(?:successfully )?delivered)|mail loop",
    r"deliver(?:y|able|ing)[\w ]{0,40}(?:fail|error|report|status|notif|problem|delay|warn|unsuccess)",
    r"fail(?:ure|ed)[\w: -]{0,20}(?:deliver|mail|notice|message|to send)",
    r"(?:mail|message|e-mail|email|send(?:ing)?)[\w ]{0,20}"
    r"(?:fail|error|delay|bounce|return|reject|problem|block|refus|expire|stopp)",
    r"return(?:ed|ing)[\w :]{0,20}(?:mail|message|to sender)|bounced|warning: (?:could|message)|mail system error",
    r"user unknown|unknown user|address(?:es)? (?:unknown|invalid|not)|\bds?n[nr]?\b|\bndn\b",
    r"error[\w ]{0,20}(?:sending|delivering)|postmaster notify|see transcript",
    r"\[bounce\]|recipient (?:error|problem)|(?:mail|message) status:? fail|no such (?:user|recipient|address|account)",
    *languages.SUBJECTS,
)
SUBJECT_BEGINNING = 13  # characters
# Before the subject of a mail that is lost: what follows speaks of that one.
FINAL_HEAD = re.compile(
    r"\s*(?:undeliver\w{2,5}(?: (?:mail|message))?|delivery (?:has )?fail(?:ure|ed)|non[- ]?deliver\w{2,5}"
    r"|unzustellbar|non remis|non recapitabile|onbestelbaar|no se puede entregar)\s?:|\s*\[bounced?\]",
    re.IGNORECASE,
)
DELAY_SUBJECT = _any_of(r"delay|warning|still being|not yet|temporar|retry|attempt", *languages.DELAYS)

REPORT_WORDING = _any_of(
    r"(?:could|can|did|was|were|has|have|is|are)(?: ?not|n?['’]t)(?: yet)?(?: able)?(?: to)?(?: be| been)? (?:\w+ )?"
    r"(?:deliver|reach|sen[dt]\b|transfer|accept|process|relay|receive (?:your|this|any|more))",
    r"(?:message|mail) (?:was|has been) (?:successfully )?(?:delivered|relayed)",
    r"\bnot delivered\b|(?:keep|go on|continue) (?:on )?trying",
    r"unable to (?:deliver|send|relay|reach|contact)|\berror-(?:for|text):",
    r"do(?:es)?(?: not|n['’]t) exist|undeliver(?:able|ed)|non[- ]?deliver|failed to (?:send|reach)",
    r"fail(?:ed|ure|s)? (?:\w+ )?(?:to|in|of)? ?(?:be )?deliver|returned to you|failed recipient",
    r"deliver(?:y|ing)[^\n]{0,60}(?:fail|error|problem|delay|impossible|unsuccess|abort|expired)",
    r"(?:has been|was|is being|be|been) (?:returned|rejected|bounced|blocked|refused|stopped)",
    r"(?:mail|message)(?:[^\n]{0,80} expired| (?:refused|rejected))|\b5[05]\d[ -][#<a-z]",
    r"address(?:\(es\)|es)? (?:failed|had)|permanent(?:ly)? (?:error|fatal|fail)|delivery (?:status|report|notif)",
    r"(?:user|recipient|mailbox|address|host|domain)[\w ]{0,20}"
    r"(?:unknown|not found|full|exceed|does not|invalid|disabled)",
    r"unknown (?:user|recipient|address|host|domain)|no such (?:user|recipient|mailbox|address|host|domain)|rejected by",
    r"error[^\n]{0,40} deliver(?:ing)?\b|no (?:account|mailbox|user|recipient) (?:by|with|of) (?:that|this)",
    r"(?:address|user|mailbox|account|recipient) <?[^\s@<>]{1,64}@[^\s@<>]{1,200}>? (?:does|is|has|was|cannot|could)\b",
    r"(?:message|mail) (?:was|has been) (?:deleted|discarded)|reasons? for (?:the )?(?:failure|rejection)",
    r"failure reasons?\b|not listed in|attempting to deliver|malformed (?:recipient )?address|delayed for more than",
    r"invalid final delivery|did not reach|not reach the following|(?:had|has) a problem|delivery of the \w{1,10} was stopped",
    r"not known (?:here|at|to)\b|no longer (?:valid|with us|employed)|has left the (?:company|organi)|no delivery possible",
    r"transcript of session|\b[45]\d\d [45]\.\d\.\d|<<< ?[45]\d\d|said: ?[45]\d\d|quota|intended recipient: ",
    *languages.WORDING,
)
# What nobody writes who only speaks of mail.
PLAIN_WORDING = re.compile(
    r"^(?![ \t]{0,10}[>|])[^\n]{0,200}(?:following (?:recipient|address|user|destination|person)[\w()]{0,6}"
    r"[^\n]{0,60}(?:fail|reach|could|can|did|had|has|have|was|were)|(?:to|for|reach|of) (?:the following|one or more|some)"
    r" (?:or all of the intended )?(?:recipient|address|user|destination)|rcpt to:|<<< ?[45]\d\d|said: ?[45]\d\d"
    r"|remote (?:smtp |mail )?(?:server|host) (?:said|returned|responded|replied)|returned to (?:its )?sender"
    r"|rejected (?:by (?:a|the) remote|recipient)|undeliverable to|attempting to deliver|following list of recipients"
    r"|failed recipient|intended recipient: |undeliverable address|not (?:yet )?be(?:en)? delivered[^\n]{0,40} to:$"
    r"|(?:your (?:e-?mail|message|mail|letter)|(?:mail|message)[^\n]{0,20} you (?:have )?sent)"
    r"(?: (?:of|from|dated|sent|at|on|with)\b[^\n]{1,30})? (?:to|for) <?[^\s@]{1,64}@"
    r"(?:[^\n]|\n(?!\n)){1,160}(?:\bnot\b|n['’]t\b|return|reject|refus|fail|block|undeliver|delay|waiting))",
    re.IGNORECASE | re.MULTILINE,
)
# Of one mail, to whom it came from.
TO_THE_SENDER = re.compile(
    r"\byour (?:e-?mail|message|mail|letter)|\byou (?:have )?sent\b|\b[45]\d\d[ -]#?(?:[45]\.\d|[a-z<])|rcpt to:"
    r"|(?:original|a|the) message|returned (?:below|to)|returned mail|transcript|undeliverable to",
    re.IGNORECASE,
)
# Of one that its reader sent.
YOUR_MAIL = _any_of(
    r"\byour (?:e-?mail|message|mail|letter)\b|\byou (?:have )?sent\b|returned mail|rcpt to:|transcript",
    r"(?:original|following|this|returned|unsent|failed) (?:e-?mail|message|mail)",
    r"\b(?:message|mail|delivery) (?:to|for) [<\"']?[^\s@<>]{1,64}@",
    *languages.YOUR_MAIL,
)
# An address at the start of a line, at its end, or behind a colon.
LISTED = re.compile(
    r"^[ \t\W]{0,20}(?:[^\n@:]{1,60}:[ \t]{0,10})?[<\"']?[^\s<>\"'@]{1,200}@[^\s<>\"'@]{1,200}"
    r"|[^\s<>\"'@]{1,64}@[^\s<>\"'@]{1,200}>?:?$",
    re.MULTILINE,
)
# Whatever the rest says.
SERVER_ANSWER = re.compile(r"(?<![\w.])[45][025]\d[ -]#?[45]\.\d{1,3}\.\d{1,3}\b")
# Of no mail, or of mails in general; a lost mail's subject may speak so too.
GOODS = _any_of(
    r"\b(?:parcels?|packages?|shipments?|(?:ihr|das) paket|ihre (?:sendung|lieferung)|colis|su paquete)",
    r"\b(?:tracking number|the driver|courier (?:found|could|was|tried))",
    r"\byour order\b|\border (?:number|no\b|#|\d)",
    r"\bunsubscribe\b|\b(?:this|our|the|weekly|monthly) newsletter\b",
    r"\bthis (?:week|month|issue)(?::|'s\b)|\bnewsletter abmeld|désabonner",
)
# What a mailing list of members tells who is none; fml names itself in a header.
NOT_A_MEMBER = _any_of(r"\bnot (?:a )?member|\breject")
# Of all mails of a day.
STATISTICS = _any_of(
    r"\b(?:summar(?:y|ies)|statistics|statistik|zusammenfassung|digest|logwatch|mailq|mail queue)\b|\bmessages? frozen\b"
)
# Of a mail to its reader, of what its reader must do first, of what somebody wrote.
SOMETHING_ELSE = re.compile(
    r"(?:message|mail)s? (?:from|sent by) [^\n]{1,120} (?:to|for) you\b|delivered to you\b|release (?:it|them|this|the)\b"
    r"|\bconfirm (?:that|your|you)|\b(?:verify|prove) (?:that )?(?:you|yourself)|\bclick (?:here|the link|below|on)"
    r"|\bto our team\b|^\S[^\n]{0,120}\b(?:wrote|schrieb|écrit|escribió|scritto|escreveu|schreef)[ \t]?:[ \t]*$",
    re.IGNORECASE | re.MULTILINE,
)
WARNING = _any_of(
    r"warning (?:message )?only|only a warning|\bdelayed\b|will (?:continue to|keep|be) (?:try|re-?tr)|will be retried",
    r"still being retried|has not yet been|not (?:yet )?been delivered (?:yet|after)|do not need to resend",
    r"no action is required|temporary (?:failure|problem)s? .{0,60}will|transient non-fatal errors|will try again",
    r"no need to (?:send|resend)|delivery attempts (?:will continue|are still pending)|deferred addresses follow",
    *languages.DELAYS,
    flags=re.DOTALL,
)
# Whatever was delayed before.
GIVEN_UP = _any_of(
    r"(?<![\w,] )no (?:further|more) (?:delivery )?attempts? (?:will|shall|to)|\b(?:have|has|is) (?:now )?(?:given|giving) up",
)
SUCCESS = _any_of(
    r"successful(?:ly)? deliver|had successful delivery|has been (?:successfully )?delivered",
    r"was (?:successfully )?delivered to|delivered to the following|successfully relayed|return receipt",
)
HANDED_ON = re.compile(r"relayed (?:to non|via non)[- ]\"?dsn", re.IGNORECASE)
NEGATION = re.compile(r"\b(?:not|n't|cannot|fail\w*|unable|undeliver\w*|error)\b", re.IGNORECASE)

# The fields of a mail as a notice quotes them.
QUOTED_FIELD = re.compile(
    r"[ \t>*]{0,20}(?:subject|sent|date|from|to|cc|sender|message-?id|original message-?id|betreff|thema|gesendet|von|an|objet"
    r"|envoy[ée]|asunto|enviado(?: el)?|oggetto|inviato|assunto|enviada(?: em)?|onderwerp|verzonden|тема|отправлено"
    r"|件名|送信日時|主[ \t]?题|主[ \t]?旨|发送时间)[ \t]?[:：]",
    re.IGNORECASE,
)

# Where a notice ends and the mail that it returns begins.
RETURNED_MAIL = re.compile(
    r"^[ \t>*=#_~|-]{0,80}(?:"
    r"(?:this|here|below|following)\b[^\n]{0,40}\b(?:is|are)\b[^\n]{0,30}\b(?:copy|header|first part|part of)"
    r"|a copy of (?:the|your) (?:original )?(?:message|mail)[^\n]{0,40}(?:below|follow|attach|includ)"
    r"|(?:(?:the|your|start of) ){0,2}(?:header[^\n]{0,20})?(?:original|returned|unsent|undelivered|rejected|bounced|failed)"
    r" (?:e-?mail|message|mail|letter)(?! details)(?:['\w -]{0,30})"
    r"(?:follow|header|text|below|info|attach|[ \t]{0,20}[-=*:]|[ \t]{0,20}$)"
    r"|(?:message|mail) (?:headers?|text|contents?)[^\n]{0,20}(?:follow|below|[ \t]{0,20}[-=*:]{1,80}$)"
    r"|returned (?:mail|message) follows|unsent message|undelivered message|transcript of message"
    r"|(?:received|return-path|dkim-signature|x-received|x-originating-ip):[ \t][^\n]{0,200}$"
    r"|begin (?:original|returned|message)|(?:urspr[üu]ngliche|originale?) (?:nachricht|e-?mail|mail)|message d['’ ]?origin"
    r"|(?:mensaje|mensagem|messaggio) original|oorspronkelijk bericht|исходное (?:сообщение|письмо)|元のメッセージ"
    r"|原始(?:邮件|郵件|信件)|원본 (?:메시지|메일)"
    r")",
    re.IGNORECASE | re.MULTILINE,
)
RETURNED_FIELDS = re.compile(
    r"^(?:(?:from|to|subject|date|message-id|mime-version|content-[\w-]{1,40}|reply-to|cc|sender|von|an|betreff|de|à|a|objet"
    r"|para|asunto|da|oggetto|assunto)[ \t]?:[^\n]{0,500}\n(?:[ \t][^\n]{0,500}\n){0,5}){2}",
    re.IGNORECASE | re.MULTILINE,
)
RETURNED_FIELD = re.compile(
    r"^(?:received|return-path|from|to|subject|date|message-id|x-[\w-]{1,60}|dkim-signature|mime-version):",
    re.IGNORECASE | re.MULTILINE,
)

# Whom to ask stands in the next line.
HELPER = re.compile(r"\b(?:contact|help|questions?|assistance|support)\b[^\n]{0,120}[^\s.:;!?]$", re.IGNORECASE)

# Prefixes that mail servers put before the subject they answer.
ANSWERING_SUBJECT = re.compile(
    r"\s*(?:automatic reply|auto(?:matic|mated)?[- ]?(?:reply|response|answer)|out of (?:the )?office(?: auto-?reply)?"
    r"|abwesenheits\w{2,10}|automatische (?:antwort|afwezigheid\w{0,10})|automatisch antwoord|réponse automatique"
    r"|absence du bureau|risposta automatica|fuori sede|respuesta autom[áa]tica|fuera de (?:la )?oficina"
    r"|resposta autom[áa]tica|automati(?:sk|skt) (?:svar|vastaus)|autosvar|automaattinen vastaus"
    r"|odpowied[źz] automatyczna|autoodpowied[źz]|automatick[áa] odpov[ěe][ďd]|automatikus v[áa]lasz"
    r"|автоответ\w{0,6}|автоматический ответ|自动回复|自動回覆|自動応答|不在通知|자동 회신|otomatik yanıt)"
    r"\s*(?P<colon>[:：]?)",
    re.IGNORECASE,
)
