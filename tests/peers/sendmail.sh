# Sendmail: reports of its own make in RFC 3464's form, ORCPT and ENVID given back.
cd /etc/mail
cp /run/certificate.pem /run/key.pem .
chmod 600 key.pem
cat > own.mc <<'CONFIGURATION'
divert(0)dnl
include(`/usr/share/sendmail/cf/m4/cf.m4')dnl
OSTYPE(`debian')dnl
DOMAIN(`debian-mta')dnl
define(`confDOMAIN_NAME', `mta.test')dnl
define(`confDELIVERY_MODE', `background')dnl
define(`confTO_QUEUEWARN', `1s')dnl
define(`confTO_ICONNECT', `2s')dnl
dnl However busy the machine is: else it keeps its queue, and then refuses connections.
define(`confQUEUE_LA', `1000')dnl
define(`confREFUSE_LA', `1000')dnl
define(`confCACERT_PATH', `/etc/ssl/certs')dnl
define(`confCACERT', `/etc/mail/certificate.pem')dnl
define(`confSERVER_CERT', `/etc/mail/certificate.pem')dnl
define(`confSERVER_KEY', `/etc/mail/key.pem')dnl
define(`ALIAS_FILE', `/etc/mail/own.aliases')dnl
define(`LOCAL_MAILER_PATH', `/usr/libexec/sendmail/mail.local')dnl
define(`LOCAL_MAILER_ARGS', `mail.local -l')dnl
define(`LOCAL_MAILER_FLAGS', `PSXmnz9')dnl
define(`LOCAL_MAILER_DSN_DIAGNOSTIC_CODE', `SMTP')dnl
FEATURE(`no_default_msa')dnl
FEATURE(`nocanonify')dnl
FEATURE(`accept_unresolvable_domains')dnl
FEATURE(`promiscuous_relay')dnl
FEATURE(`mailertable', `hash -o /etc/mail/own.mailertable')dnl
LOCAL_DOMAIN(`local.test')dnl
MAILER(`local')dnl
MAILER(`smtp')dnl
CONFIGURATION
m4 own.mc > own.cf
echo "O DaemonPortOptions=Family=inet, Addr=127.0.0.1, Port=$PORT" >> own.cf
echo "O ServiceSwitchFile=/etc/mail/own.switch" >> own.cf
printf 'hosts files\naliases files\n' > own.switch
esmtp=$(sed -n '/^Mesmtp,/,/TCP \$h/p' own.cf)
for port in "$HOP" "$NOBODY" "$REPORTS_TO"; do
    echo "$esmtp" | sed "s/^Mesmtp,/Mto$port,/; s/TCP \$h/& $port/" >> own.cf
done
printf "nodsn.test\tto$HOP:[127.0.0.1]\nslow.test\tto$NOBODY:[127.0.0.1]\n" > own.mailertable
printf "bounces.example.com\tto$REPORTS_TO:[127.0.0.1]\nrefusing.test\tto$REPORTS_TO:[127.0.0.1]\n" >> own.mailertable
makemap hash own.mailertable.db < own.mailertable
echo "team: bob, root" > own.aliases
sendmail-mta -C /etc/mail/own.cf -bi
sendmail-mta -C /etc/mail/own.cf -bD -q1s &
exec sleep infinity
