"""What mail systems say in other languages than English, as parts of the patterns in wording.py; every repetition is bounded."""

SUBJECTS = (
    r"unzustellbar|nicht zustellbar|nicht (?:zu|aus)gestellt|(?:zu|aus)stellung (?:fehlgeschlagen|nicht m[öo]glich|verz[öo]gert)",
    r"zustell\w{0,12}(?:fehler|problem|bericht|verz[öo]ger)|r[üu]ckläufer|konnte nicht (?:zugestellt|gesendet)",
    r"(?:[ée]chec|erreur|retard) (?:de|dans|d['’])(?: la| l['’])?\s?(?:remise|livraison|distribution|envoi)",
    r"(?:non|pas (?:pu )?(?:[êe]tre |[ée]t[ée] )?)(?: ?remis| ?distribu)",
    r"remise (?:retard|impossible|report)|message non (?:d[ée]livr|envoy)|courrier non",
    r"entrega no realizada",
    r"no se (?:ha )?(?:pudo|puede|podido) (?:ser )?entreg|no (?:ha sido )?entregado|correo (?:devuelto|no entregado|rechazado)",
    r"error (?:de|en la|al) (?:entrega|env[ií])|entrega (?:retrasada|fallida)|mensaje (?:devuelto|no entregado)",
    r"mancat[oa] (?:recapito|consegna)|non recapitabile|non (?:[èe]['’]? stato )?(?:consegnat|recapitat)|recapito (?:non|ritard)",
    r"(?:consegna|recapito) (?:fallit|ritardat)",
    r"(?:erro|falha) (?:n[oa]|d[eo]|ao) (?:envi|entreg)|n[ãa]o (?:(?:foi|é) )?(?:poss[íi]vel )?entreg",
    r"mensagem (?:devolvida|n[ãa]o entregue)|entrega (?:atrasada|adiada)",
    r"onbestelbaar|niet (?:bezorgd|afgeleverd|bestelbaar)|bezorging (?:mislukt|vertraagd)",
    r"kan (?:inte|ikke) leveres?|kan inte levereras|(?:inte|ikke) lever|kunde inte levereras|olevererbar|kunne ikke levere",
    r"ei voitu toimittaa|toimittamat|toimitus (?:epäonnistui|viiväst)",
    r"nie można dostarczyć|niedostarcz|nie dostarczono|zwrot (?:wiadomo|poczt)",
    r"doručení (?:selhalo|se nezda)|nelze doručit|nedoruč",
    r"nemožno doručiť|nedoručiteľn|kézbesíthetetlen|kézbesítési? (?:hiba|késés)",
    r"nu (?:se poate|poate fi|a putut fi) livra|تعذ[رّ]{1,2} تسليم|لم يتم (?:تسليم|إرسال)|לא (?:ניתן|נמסר)|כשל במסירה",
    r"không (?:thể (?:gửi|chuyển)|gửi được)|tidak (?:dapat (?:di)?kirim|terkirim)|gagal (?:ter)?kirim",
    r"ส่ง[^\n]{0,20}ไม่(?:สำเร็จ|ได้)",
    r"teslim edilem|iletilem|не ?доставл|не удается доставить|невозможно доставить|ошибка (?:доставки|при отправке)",
    r"недоставленн|не вдалося доставити|не може бути доставлен|αδύνατη η παράδοση|δεν παραδόθηκε",
    r"未送达|无法(?:送达|投递|传递|发送)|無法(?:送達|投遞|傳遞|傳送)|退信|投递失败|投遞失敗|发送失败|寄送失敗|傳送失敗|邮件被退回",
    r"配信(?:不能|エラー|失敗|不可|でき)|配達(?:不能|でき)|届(?:きません|かな)|メール(?:送信)?エラー|送信(?:でき(?:ません|な)|エラー|失敗)|不達",
    r"배달되지|배달할 수 없|전달되지|전송되지|전송 실패|발송 ?실패|배달 ?실패|반송",
)

DELAYS = (
    r"noch nicht (?:zugestellt|ausgeliefert)|verz[öo]gert(?: sich)?\b|zustellung verz[öo]ger",
    r"pas encore (?:[ée]t[ée] )?(?:remis|distribu|d[ée]livr)|remise retard|est retard[ée]e",
    r"(?:a[úu]n|todav[ií]a) no se ha (?:podido )?entreg|entrega retrasada|se ha retrasado",
    r"non [èe] (?:stato )?ancora|non ancora (?:consegnat|recapitat)|(?:consegna|recapito) ritardat",
    r"ainda n[ãa]o foi (?:poss[íi]vel )?entreg|entrega (?:atrasada|adiada)",
    r"nog niet (?:bezorgd|afgeleverd)|bezorging vertraagd|is vertraagd",
    r"[äa]nnu inte levererats|leverans f[öo]rsenad|endnu ikke leveret|enn[åa] ikke levert|levering forsinket",
    r"jeszcze nie (?:została |zosta[łl] )?dostarcz|dostarczanie opóźnion|dosud nebyla doručena|doručení se zpož",
    r"ещ[её] не (?:было )?доставлен|доставка (?:задерж|отложен)|повторит попытк",
    r"延迟送达|尚未送达|延遲傳遞|まだ配信されて|配信が遅延|配信の遅延|배달이 지연|아직 배달되지",
)

WORDING = (
    r"fehler bei der (?:nachrichten)?zustellung|nicht (?:zugestellt|erreicht|ausgeliefert|gesendet)",
    r"(?:unzu|nicht zu)stellbar|konnten? nicht|nicht m[öo]glich[^\n]{0,120}(?:auszuliefern|zuzustellen)",
    r"zustellung[^\n]{0,80}(?:fehlgeschlagen|nicht m[öo]glich|verz[öo]gert)|empf[äa]nger[^\n]{0,60}nicht",
    r"[ée]chec (?:de|d['’])[^\n]{0,20}(?:remise|livraison|distribution|envoi)|n['’](?:a|ont) (?:pas|pu)|n['’]est pas parvenu",
    r"remise [àa] ces destinataires|(?:non|pas) (?:[ée]t[ée] |[êe]tre )?(?:remis|distribu|d[ée]livr|envoy)",
    r"impossible d(?:e |['’])(?:remettre|distribuer|livrer|envoyer|acheminer)|n['’]avons (?:pas )?pu",
    r"imposible (?:entregar|enviar)|no (?:pudimos|podemos) entregar|imposs[íi]vel entregar|n[ãa]o pode ser entregue",
    r"non (?:ha|hanno) raggiunto|impossibile raggiungere|no (?:ha llegado|lleg[óo]) a|n[ãa]o chegou a|niet bereikt",
    r"no hemos podido|non siamo riusciti|non abbiamo potuto|[èe] stato respinto|n[ãa]o conseguimos|konden[^\n]{0,60} niet",
    r"no (?:se )?(?:ha|han|pudo|puede|pudieron)\b[^\n]{0,30}entreg|error de entrega|no ha podido ser|no se entreg",
    r"non (?:[èe]['’]? stato )?(?:possibile|consegnat|recapitat)|recapito non riuscito|impossibile (?:recapitare|consegnare)",
    r"mancat[oa] (?:recapito|consegna)|falha (?:n[ao]|de|ao) (?:entreg|envi)|n[ãa]o (?:foi|p[ôo]de)[^\n]{0,20}entreg",
    r"n[ãa]o p[ôo]de ser entregue|niet (?:worden )?(?:bezorgd|afgeleverd|bezorgen|afleveren)",
    r"bezorging[^\n]{0,80}(?:mislukt|vertraagd)",
    r"gick inte att leverera|kunde inte levereras|levering[^\n]{0,40}mislyk|(?:kunne|kan) ikke (?:leveres|levere)|ikke levert",
    r"toimittaminen[^\n]{0,80}epäonnistui|ei voitu toimittaa",
    r"dostarcz[^\n]{0,90}nie powiodło|nie (?:można|została|mogła)[^\n]{0,20}dostarcz",
    r"doruč[^\n]{0,80}(?:nezdařil|nepodařil|nelze)",
    r"neb(?:yla|ylo|yl) (?:možné )?doruč|kézbesít[^\n]{0,80}nem sikerült|nu a putut fi livrat|teslim edilem|iletilem",
    r"сбой доставки|не (?:было |может быть |удалось |удается )?доставлен|не (?:удалось|удается) доставить|ошибка доставки",
    r"доставить не удалось",
    r"не вдалося доставити|δεν (?:ήταν δυνατή|παραδόθηκε)|η παράδοση[^\n]{0,60}απέτυχε",
    r"无法(?:送达|投递|传递|发送)|未能(?:向|送达|投递)|没有(?:投递|发送|送达)|被退回|退信|投递失败|发送失败|延迟送达",
    r"無法(?:送達|寄達|投遞|傳遞|傳送)|(?:傳送|寄送|投遞)[^\n]{0,30}失敗",
    r"配[信送][^\n]{0,20}(?:でき(?:ません|な)|失敗|不能)|送信(?:でき(?:ません|な)|エラー)|配達でき|エラーメール|お届けでき|届きません",
    r"تعذ[رّ]{1,2} (?:تسليم|إرسال)|لم يتم (?:تسليم|إرسال)|לא (?:ניתן (?:היה )?למסור|נמסר)",
    r"không thể (?:được )?(?:gửi|chuyển)|không gửi được|tidak (?:dapat (?:di)?kirim|terkirim)",
    r"ไม่สามารถส่ง|ส่ง[^\n]{0,20}ไม่(?:สำเร็จ|ได้)",
    r"(?:배달|전달|전송|발송)(?:하지|되지) (?:못|않)|(?:배달|전달|전송|발송)할 수 없|(?:배달|전달|전송|발송)에? 실패",
)

# Of a mail that its reader sent.
YOUR_MAIL = (
    r"\bihre (?:e-?mail|nachricht|mail)|(?:diese|folgende|gesendete) (?:e-?mail|nachricht|mail)",
    r"(?:votre|ce|le) (?:message|courriel|e-?mail|mail)|(?:su|tu|el|este) (?:mensaje|correo)|(?:suo|tuo|il|questo) messaggio",
    r"(?:sua|tua|a|esta) mensagem|(?:uw|je|dit|het) (?:bericht|e-?mail|mail)|(?:ваше|твоё|это) (?:сообщение|письмо)",
    r"письмо (?:для|на)",
    r"(?:ваш|цей) лист|wiadomo[śs][ćc]|zpráv[aauy]|správ[au]|(?:ditt|din) (?:meddelande|besked|melding)",
    r"viesti|üzenet|ileti|mesaj",
    r"μ[ήη]ν[υύ]μα|رسالت|הודע|thư của bạn|pesan anda|ข้อความ",
    r"送信|メール|あなたの|您的?(?:邮件|郵件|信件)|您发|您寄|邮件|郵件|귀하|보내신|메일|메시지",
)

# Beside an address that a sentence is about.
ABOUT = (
    r"inconnu|destinat|unbekannt|empf[äa]nger|ontvanger|geadresseerde|mottagar|modtager|vastaanottaj|adresat|odbiorc",
    r"příjem|c[íi]mzett|alıcı|получател|адресат|收件人|收件者|宛先|受信者|受取人|받는 ?사람|수신자|παραλήπτ",
)
