"""Short notices, as gateways and hosters of many countries write them; the mails are made up."""

from email_processor.inbound.dsn import Action

from .families import DAEMON, POSTMASTER, Case

BOTH = ("bob@example.com", "ann@example.com")
NULL = "Return-Path: <>\nTo: us@example.net\n"

SHORT = (
    Case(
        "a message is stopped",
        NULL + "From: Outbound Filter <filter@gate.example.org>\nSubject: Outgoing message stopped",
        "The outgoing message you sent at 10:00 to bob@example.com was stopped: the recipient's domain "
        "rejects mail without TLS.\n",
        "failed_starttls",
    ),
    Case(
        "could not get through",
        DAEMON + "Subject: Undelivered",
        "Sorry, but mail to the following could not get through:\n"
        "\n\tbob@example.com\t(no such user here)\n\tann@example.com\t(mailbox over quota)\n",
        "user_unknown",
        addresses=BOTH,
    ),
    Case(
        "fields of its own",
        POSTMASTER + "Subject: DELIVERY FAILURE",
        "To: bob@example.com\nError: 5.1.1 Address does not exist\nTime: 10:00\n\nYour message was not delivered.\n",
        "user_unknown",
        "5.1.1",
    ),
    Case(
        "a status below the address",
        DAEMON + "Subject: Delivery Status Notification",
        "bob@example.com\n  Status: 5.2.2\n  Action: failed\n  Details: over quota\n",
        "mailbox_full",
        "5.2.2",
    ),
    Case(
        "expired in a queue",
        NULL + "From: postmaster@example.org\nSubject: Message expired",
        "Message <1@example.net> to bob@example.com has expired in our queue after 120 hours. Last "
        "error: 4.4.1 no answer from host\n",
        "expired",
        "4.4.1",
    ),
    Case(
        "what happened, what to do",
        NULL + "From: Cloud Mail <no-reply@cloud.example>\nSubject: We couldn't deliver your email",
        "Hi,\n\nYour email couldn't be delivered to bob@example.com.\n"
        "\nWhat happened: The recipient's inbox is full.\nWhat you can do: ask them to free up space.\n",
        "mailbox_full",
    ),
    Case(
        "reasons in brackets",
        NULL + "From: <>\nSubject: Delivery Notification",
        "Delivery of your message failed for: bob@example.com (user unknown), ann@example.com (user unknown)\n",
        "user_unknown",
        addresses=BOTH,
    ),
    Case(
        "not yet reached",
        DAEMON + "Subject: warning: message delayed 24 hours",
        "Your message has not yet reached\n\n  bob@example.com\n\n"
        "since the connection to its host was refused. Retrying until Friday.\n",
        "expired",
        "4.0.0",
        Action.DELAYED,
    ),
    Case(
        "message status",
        DAEMON + "Subject: Message status - undeliverable",
        "The following message was undeliverable to bob@example.com because of: bad address\n",
        "user_unknown",
    ),
    Case(
        "in German, somebody has left",
        POSTMASTER + "Subject: Zustellung fehlgeschlagen",
        "Sehr geehrte Damen und Herren,\n\nIhre E-Mail an bob@example.com konnte nicht zugestellt "
        "werden, da der Empfänger unser Unternehmen verlassen hat.\n",
        "user_unknown",
    ),
    Case(
        "in French, a remise",
        POSTMASTER + "Subject: Échec de la remise : offre",
        "Le message n'a pas pu être remis à bob@example.com : la boîte aux lettres est pleine.\n",
        "mailbox_full",
    ),
    Case(
        "in Spanish, we could not",
        POSTMASTER + "Subject: Entrega no realizada",
        "No hemos podido entregar tu mensaje a bob@example.com.\nRazón: dominio inexistente\n",
        "host_unknown",
    ),
    Case(
        "in Italian, refused",
        POSTMASTER + "Subject: Notifica di mancata consegna",
        "Il messaggio inviato a bob@example.com è stato respinto: utente sconosciuto\n",
        "user_unknown",
    ),
    Case(
        "in Danish, a hoster",
        DAEMON + "Subject: Levering mislykkedes",
        "Din besked til bob@example.com kunne ikke leveres. Modtageren findes ikke.\n",
        "user_unknown",
    ),
    Case(
        "in Russian, a full box",
        DAEMON + "Subject: Доставка невозможна",
        "Ваше письмо для bob@example.com не доставлено. Причина: ящик получателя переполнен.\n",
        "mailbox_full",
    ),
    Case(
        "in Chinese, no such recipient",
        DAEMON + "Subject: 邮件无法投递",
        "您发往 bob@example.com 的邮件投递失败。\n原因：收件人不存在\n",
        "user_unknown",
    ),
    Case(
        "in Japanese, did not arrive",
        DAEMON + "Subject: メールが届きませんでした",
        "送信されたメールは下記の宛先に届きませんでした。\n\nbob@example.com\n理由: ユーザーが見つかりません\n",
        "user_unknown",
    ),
    Case(
        "an antispam gateway",
        NULL + "From: Antispam <antispam@example.com>\nSubject: Rejected: offer",
        "The message that you sent to bob@example.com was classified as spam and rejected by our server.\n",
        "spam",
    ),
    Case(
        "the email name",
        DAEMON + "Subject: Nondeliverable mail",
        "------Transcript of session follows -------\nbob@example.com\nThe user's email name is not found.\n",
        "user_unknown",
    ),
    Case(
        "recipients with semicolons",
        POSTMASTER + "Subject: Mail could not be delivered",
        "Reason: No MX record for example.com\nRecipients: bob@example.com; ann@example.com\n",
        "host_unknown",
        addresses=BOTH,
    ),
    Case(
        "users without their domain",
        DAEMON + "Subject: Returned mail",
        "Unknown user: bob\nUnknown user: ann\n\n--- Original message follows ---\n"
        "From: us@example.net\nTo: bob@example.com, ann@example.com\n"
        "Subject: x\nMessage-ID: <1@example.net>\nReceived: from a\n"
        "\nhello\n",
        "user_unknown",
        addresses=BOTH,
    ),
    Case(
        "a code before the address",
        DAEMON + "Subject: [Delivery failed] offer",
        "550 5.4.1 bob@example.com: Recipient address rejected: Access denied\n",
        "user_unknown",
        "5.4.1",
    ),
    Case(
        "in German, a quota",
        NULL + "From: mailer@isp.example\nSubject: Nicht zustellbar: Angebot",
        "Folgende Adressen konnten nicht beliefert werden:\n- bob@example.com (Grund: Quota exceeded)\n",
        "mailbox_full",
    ),
    Case(
        "a link on a list",
        POSTMASTER + "Subject: Your message to example.com",
        "Your message to bob@example.com was refused with 554 5.7.1 because it contained a link on a "
        "block list (URL blacklisted).\n",
        "spam",
        "5.7.1",
    ),
    Case(
        "a log in a frame",
        DAEMON + "Subject: mail failed, returning to sender",
        "|------------------------- Message log follows: -------------------------|\n"
        " no valid recipients were found for this message\n|------------------------- Failed addresses "
        "follow: ---------------------|\n <bob@example.com> ... unknown user\n",
        "user_unknown",
    ),
    Case(
        "one got it and one did not",
        DAEMON + "Subject: Delivery report",
        "Delivered: ann@example.com\nFailed: bob@example.com (550 No such recipient)\n",
        "user_unknown",
    ),
    Case(
        "a groupware",
        NULL + "From: Groupware <system@group.example>\nSubject: Undeliverable message returned to sender",
        "This message was created automatically. Delivery to the following addresses failed permanently:"
        " bob@example.com (unknown)\n",
        "user_unknown",
    ),
    Case(
        "in Turkish, a hoster",
        DAEMON + "Subject: Oluşan hata: ileti teslim edilemedi",
        "bob@example.com adresine iletiniz teslim edilemedi: kullanıcı bulunamadı\n",
        "user_unknown",
    ),
    Case(
        "in Czech, an addressee",
        DAEMON + "Subject: Doručení selhalo",
        "Vaše zpráva pro bob@example.com nebyla doručena. Adresát neexistuje.\n",
        "user_unknown",
    ),
    Case(
        "in Finnish, a full box",
        DAEMON + "Subject: Viestiä ei voitu toimittaa",
        "Viestiäsi ei voitu toimittaa vastaanottajalle bob@example.com. Postilaatikko on täynnä.\n",
        "mailbox_full",
    ),
    Case(
        "quoted fields alone",
        NULL + "From: Mail Gateway <gateway@example.org>\nSubject: Attachment removed, message rejected",
        "Your message\n  Subject: offer\n  To: bob@example.com\nwas rejected because it contains a "
        "forbidden file type (exe).\n",
        "content",
    ),
    Case(
        "in French, a quota",
        DAEMON + "Subject: Non-remise : offre",
        "Destinataire : bob@example.com\nMotif : quota de la boîte dépassé\n",
        "mailbox_full",
    ),
    Case(
        "a note in brackets before the address",
        POSTMASTER + "Subject: NDN: offer",
        "Sorry. Your message could not be delivered to:\n\nbob builder (The name was not found at the "
        "remote site. Check that the name has been entered correctly.) bob@example.com\n",
        "user_unknown",
    ),
    Case(
        "no answer for days",
        DAEMON + "Subject: Undeliverable",
        "bob@example.com\n\nNo response from the recipient's server for 48 hours.\n",
        "expired",
    ),
    Case("one line", DAEMON + "Subject: Error", "550 5.1.1 bob@example.com\n", "user_unknown", "5.1.1"),
    Case(
        "in Dutch, a hoster",
        NULL + "From: postmaster@example.org\nSubject: Bericht niet afgeleverd",
        "Uw bericht aan bob@example.com kon niet worden afgeleverd: gebruiker onbekend\n",
        "user_unknown",
    ),
    Case(
        "in Polish, a full box",
        NULL + "From: postmaster@example.org\nSubject: Twoja wiadomość nie została dostarczona",
        "Wiadomość do bob@example.com nie została dostarczona. Skrzynka jest przepełniona.\n",
        "mailbox_full",
    ),
    Case(
        "in Korean, no such user",
        NULL + "From: postmaster@example.org\nSubject: 메일 전송 실패",
        "bob@example.com 으로 보내신 메일이 전송되지 못했습니다. 사유: 존재하지 않는 사용자\n",
        "user_unknown",
    ),
    Case(
        "an address in brackets in the subject",
        DAEMON + "Subject: Delivery failure (bob@example.com)",
        "Delivery failed: remote server closed the connection unexpectedly.\n",
        "network",
    ),
    Case(
        "a local mailbox",
        DAEMON + "Subject: Mail failure - no such mailbox",
        "Local mailbox bob does not exist.\n\nOriginal message:\n"
        "Received: from a by b\nFrom: us@example.net\nTo: bob@example.com\n"
        "Subject: hi\n\nhi\n",
        "user_unknown",
    ),
    Case(
        "a delay of two",
        POSTMASTER + "Subject: Delivery Notification: delivery delayed",
        "Your message to the following addresses is delayed:\n   bob@example.com\n   ann@example.com\n",
        "expired",
        "4.0.0",
        Action.DELAYED,
        ("bob@example.com", "ann@example.com"),
    ),
    Case(
        "relayed",
        POSTMASTER + "Subject: Relayed: offer",
        "Your message was successfully relayed to the following recipients, but the destination server "
        "sends no delivery notifications:\n\nbob@example.com\n",
        "delivered",
        "2.0.0",
        Action.DELIVERED,
    ),
    Case(
        "a reason in the subject",
        DAEMON + "Subject: Returned mail: Cannot send message for 5 days",
        "   ----- The following addresses had delivery problems -----\n<bob@example.com>  (unrecoverable error)\n",
        "expired",
    ),
    Case(
        "a refusal in the subject",
        NULL + "From: Barrier <barrier@example.com>\nSubject: Message to bob@example.com refused",
        "Message refused by policy: sender domain has no MX.\n",
        "rejected",
    ),
)
