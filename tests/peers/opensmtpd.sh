# OpenSMTPD: unknown mailboxes are refused at RCPT, reports come as multipart/mixed with a status of 5.0.0 and no diagnostic.
cp /run/certificate.pem /etc/mta.pem
cp /run/key.pem /etc/mta.key
chmod 600 /etc/mta.key
cat > /etc/smtpd.conf <<CONFIGURATION
pki mta.test cert "/etc/mta.pem"
pki mta.test key "/etc/mta.key"
table aliases { "team" = "bob" }
listen on 127.0.0.1 port $PORT hostname mta.test tls pki mta.test
action "mailbox" maildir "/tmp/%{rcpt.user}" alias <aliases>
action "hop" relay host smtp://127.0.0.1:$HOP
action "reports" relay host smtp://127.0.0.1:$REPORTS_TO
match from any for domain "local.test" action "mailbox"
match from any for domain "nodsn.test" action "hop"
match from any for any action "reports"
CONFIGURATION
smtpd -d &
exec sleep infinity
