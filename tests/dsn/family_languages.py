"""The same news in other languages, as servers that speak them write it; the mails are made up."""

from email_processor.inbound.dsn import Action

from .families import POSTMASTER, Case

EXCHANGE = (
    "Return-Path: <>\nFrom: Microsoft Outlook <MicrosoftExchange329e71ec88ae4615bbc36ab6ce41109e@example.org>\n"
    "To: us@example.net\nContent-Type: text/plain; charset=utf-8\n"
)
SENT = "From: Postmaster <postmaster@example.org>\nTo: us@example.net\nContent-Type: text/plain; charset=utf-8\n"
ROBOT = "Return-Path: <>\nFrom: <postmaster@example.org>\nTo: us@example.net\nContent-Type: text/plain; charset=utf-8\n"


def _told(name: str, subject: str, text: str, reason: str, action: Action = Action.FAILED) -> Case:
    """What Exchange says in `text`, and the far server's words nowhere: the reason is in the notice's language alone."""
    status = "4.0.0" if action is Action.DELAYED else "5.0.0"
    return Case(name, f"{EXCHANGE}Subject: {subject}", text, reason, status, action)


LANGUAGES = (
    _told(
        "german",
        "Unzustellbar: Angebot",
        """\
Fehler bei der Nachrichtenzustellung an folgende Empfänger oder Gruppen:

Bob Schmidt (bob@example.com)
Die eingegebene E-Mail-Adresse wurde nicht gefunden. Überprüfen Sie die E-Mail-Adresse des Empfängers.
""",
        "user_unknown",
    ),
    _told(
        "german, mailbox full",
        "Unzustellbar: Angebot",
        """\
Ihre Nachricht hat einige oder alle Empfänger nicht erreicht.

Betreff: Angebot
Gesendet am: 22.11.2026 10:00

Folgende(r) Empfänger kann/können nicht erreicht werden:

bob@example.com am 22.11.2026 10:00
      Das Postfach des Empfängers ist voll und kann zurzeit keine Nachrichten annehmen.
""",
        "mailbox_full",
    ),
    _told(
        "german, still trying",
        "Zustellung verzögert: Angebot",
        """\
Die Zustellung an folgende Empfänger oder Gruppen verzögert sich:

bob@example.com

Diese Nachricht wurde noch nicht zugestellt. Es wird weiterhin versucht, die Nachricht zuzustellen.
""",
        "expired",
        Action.DELAYED,
    ),
    _told(
        "french",
        "Non remis : offre",
        """\
Échec de la remise à ces destinataires ou groupes :

Bob Dupont (bob@example.com)
L'adresse de courrier que vous avez entrée est introuvable. Vérifiez l'adresse du destinataire.
""",
        "user_unknown",
    ),
    _told(
        "french, mailbox full",
        "Non remis : offre",
        """\
Échec de remise pour ces destinataires ou listes de distribution :

bob@example.com
La boîte aux lettres du destinataire est pleine et ne peut pas accepter de messages pour l'instant.
""",
        "mailbox_full",
    ),
    _told(
        "french, still trying",
        "Remise retardée : offre",
        """\
La remise à ces destinataires ou groupes est retardée :

bob@example.com

Ce message n'a pas encore été remis. Le serveur continuera d'essayer de le remettre.
""",
        "expired",
        Action.DELAYED,
    ),
    _told(
        "spanish",
        "No se puede entregar: oferta",
        """\
No se pudo entregar el mensaje a los siguientes destinatarios o grupos:

bob@example.com
No se encontró la dirección de correo electrónico especificada.
""",
        "user_unknown",
    ),
    _told(
        "spanish, mailbox full",
        "No se puede entregar: oferta",
        """\
Error de entrega a estos destinatarios o grupos:

bob@example.com
El buzón del destinatario está lleno y no puede aceptar mensajes ahora.
""",
        "mailbox_full",
    ),
    _told(
        "italian",
        "Non recapitabile: offerta",
        """\
Recapito non riuscito per i seguenti destinatari o gruppi:

bob@example.com
Impossibile trovare l'indirizzo di posta elettronica immesso.
""",
        "user_unknown",
    ),
    _told(
        "italian, mailbox full",
        "Non recapitabile: offerta",
        """\
Impossibile recapitare il messaggio ai seguenti destinatari:

bob@example.com
La cassetta postale del destinatario è piena.
""",
        "mailbox_full",
    ),
    _told(
        "portuguese",
        "Não é possível entregar: oferta",
        """\
Falha na entrega a estes destinatários ou grupos:

bob@example.com
O endereço de email inserido não foi encontrado.
""",
        "user_unknown",
    ),
    _told(
        "portuguese, mailbox full",
        "Falha na entrega: oferta",
        """\
Falha na entrega a estes destinatários ou grupos:

bob@example.com
A caixa de correio do destinatário está cheia.
""",
        "mailbox_full",
    ),
    _told(
        "dutch",
        "Onbestelbaar: aanbod",
        """\
Kan het bericht niet bezorgen bij deze geadresseerden of groepen:

bob@example.com
Het ingevoerde e-mailadres is niet gevonden.
""",
        "user_unknown",
    ),
    _told(
        "dutch, mailbox full",
        "Onbestelbaar: aanbod",
        """\
De bezorging aan de volgende geadresseerden is mislukt:

bob@example.com
Het postvak van de geadresseerde is vol.
""",
        "mailbox_full",
    ),
    _told(
        "russian",
        "Не удается доставить: предложение",
        """\
Сбой доставки следующим получателям или группам:

bob@example.com
Не удалось найти указанный адрес электронной почты.
""",
        "user_unknown",
    ),
    _told(
        "russian, mailbox full",
        "Недоставленное сообщение",
        """\
Ваше сообщение не доставлено следующим получателям:

bob@example.com
Почтовый ящик получателя переполнен.
""",
        "mailbox_full",
    ),
    _told(
        "polish",
        "Niedostarczalne: oferta",
        """\
Dostarczenie wiadomości do następujących adresatów lub grup nie powiodło się:

bob@example.com
Nie można odnaleźć wprowadzonego adresu e-mail.
""",
        "user_unknown",
    ),
    _told(
        "swedish",
        "Kan inte levereras: erbjudande",
        """\
Det gick inte att leverera till följande mottagare eller grupper:

bob@example.com
E-postadressen som du angav kunde inte hittas.
""",
        "user_unknown",
    ),
    _told(
        "danish",
        "Kan ikke leveres: tilbud",
        """\
Levering mislykkedes til disse modtagere eller grupper:

bob@example.com
Den angivne mailadresse blev ikke fundet.
""",
        "user_unknown",
    ),
    _told(
        "finnish",
        "Ei voitu toimittaa: tarjous",
        """\
Viestin toimittaminen seuraaville vastaanottajille tai ryhmille epäonnistui:

bob@example.com
Antamaasi sähköpostiosoitetta ei löydy.
""",
        "user_unknown",
    ),
    _told(
        "czech",
        "Nelze doručit: nabídka",
        """\
Doručení těmto příjemcům nebo skupinám se nezdařilo:

bob@example.com
Zadaná e-mailová adresa nebyla nalezena.
""",
        "user_unknown",
    ),
    _told(
        "hungarian",
        "Kézbesíthetetlen: ajánlat",
        """\
A kézbesítés a következő címzetteknek vagy csoportoknak nem sikerült:

bob@example.com
A megadott e-mail cím nem található.
""",
        "user_unknown",
    ),
    _told(
        "turkish",
        "Teslim edilemedi: teklif",
        """\
Şu alıcılara veya gruplara teslim edilemedi:

bob@example.com
Girdiğiniz e-posta adresi bulunamadı.
""",
        "user_unknown",
    ),
    _told(
        "japanese",
        "配信不能: 見積",
        """\
次の受信者またはグループへの配信に失敗しました:

bob@example.com
入力した電子メール アドレスが見つかりませんでした。
""",
        "user_unknown",
    ),
    _told(
        "japanese, mailbox full",
        "メール送信エラー",
        """\
以下のメールアドレスに送信できませんでした。

bob@example.com
メールボックスの容量が超過しています。
""",
        "mailbox_full",
    ),
    _told(
        "japanese, unknown user",
        "メールが配信できませんでした",
        """\
お客様のメールを配信できませんでした。

宛先：bob@example.com
宛先のユーザーが存在しません。
""",
        "user_unknown",
    ),
    _told(
        "chinese",
        "无法送达: 报价",
        """\
未能向这些收件人或组传递邮件:

bob@example.com
找不到您输入的电子邮件地址。
""",
        "user_unknown",
    ),
    _told(
        "chinese, mailbox full",
        "系统退信",
        """\
您的邮件无法送达以下收件人：

收件人（bob@example.com）：对方邮箱已满，请稍后再试。
""",
        "mailbox_full",
    ),
    _told(
        "chinese of taiwan",
        "無法傳遞: 報價",
        """\
傳送給這些收件者或群組的郵件失敗:

bob@example.com
找不到您輸入的電子郵件地址。
""",
        "user_unknown",
    ),
    _told(
        "korean",
        "배달되지 않음: 견적",
        """\
다음 받는 사람 또는 그룹에게 배달하지 못했습니다.

bob@example.com
입력한 전자 메일 주소를 찾을 수 없습니다.
""",
        "user_unknown",
    ),
    Case(
        "french, of a provider",
        ROBOT + "Subject: Message non distribué",
        """\
Votre message n'a pas pu être distribué à l'adresse suivante :

bob@example.com : cet utilisateur est inconnu
""",
        "user_unknown",
    ),
    Case(
        "spanish, of a provider",
        POSTMASTER + "Subject: Correo devuelto",
        """\
Su correo no ha podido ser entregado.

Destinatario: bob@example.com
Motivo: el usuario no existe
""",
        "user_unknown",
    ),
    Case(
        "german, of a provider, not possible",
        SENT + "Subject: Zustellung fehlgeschlagen",
        "Leider war es nicht möglich, Ihre E-Mail an bob@example.com auszuliefern.\nGrund: Mailbox voll\n",
        "mailbox_full",
    ),
    Case(
        "italian, of a provider, without accents",
        SENT + "Subject: Mancata consegna",
        "Il tuo messaggio non e' stato consegnato a bob@example.com\nMotivo: utente inesistente\n",
        "user_unknown",
    ),
    Case(
        "french, of a provider, not carried",
        SENT + "Subject: Message non distribué",
        "Il est impossible d'acheminer votre message : bob@example.com\n",
        "undefined",
    ),
    Case(
        "portuguese, of a provider, not possible",
        SENT + "Subject: Mensagem devolvida",
        "Impossível entregar sua mensagem para bob@example.com\n",
        "undefined",
    ),
)
