# Chasquid: knows its recipients at RCPT, offers no DSN, ends a session after ten errors with 421.
cd /etc/chasquid
mkdir -p certs/mta.test domains/local.test
cp /run/certificate.pem certs/mta.test/fullchain.pem
cp /run/key.pem certs/mta.test/privkey.pem
cat > chasquid.conf <<CONFIGURATION
hostname: "mta.test"
smtp_address: "127.0.0.1:$PORT"
mail_delivery_agent_bin: "/bin/true"
CONFIGURATION
chasquid-util user-add bob@local.test --password=secret
echo "team: bob" > domains/local.test/aliases
chasquid -alsologtostderr &
exec sleep infinity
