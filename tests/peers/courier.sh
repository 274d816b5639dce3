# Courier: lets in five connections from one address, replies without enhanced codes, reports with a status of x.0.0.
cd /etc/courier
echo mta.test | tee me > defaultdomain
printf 'localhost\nlocal.test\nmta.test\n' > locals
printf "slow.test:[127.0.0.1],$NOBODY\nnodsn.test:[127.0.0.1],$HOP\n" > esmtproutes
printf "refusing.test:[127.0.0.1],$REPORTS_TO\nbounces.example.com:[127.0.0.1],$REPORTS_TO\n" >> esmtproutes
printf '127.0.0.1\tallow,RELAYCLIENT\n' > smtpaccess/default
printf 'postmaster: bob\nteam: bob, nobody@refusing.test\n' > aliases/system
sed -i "s/^ADDRESS=.*/ADDRESS=127.0.0.1/; s/^PORT=.*/PORT=$PORT/" esmtpd
echo BOFHCHECKDNS=0 >> esmtpd  # there is no DNS to ask for the domains of senders
sed -i 's#^DEFAULTDELIVERY=.*#DEFAULTDELIVERY=./Maildir#' courierd
sed -i 's/^authmodulelist=.*/authmodulelist="authpam"/' authdaemonrc
echo 1s > warntime
cat /run/key.pem /run/certificate.pem > esmtpd.pem
chown courier esmtpd.pem
su bob -s /bin/bash -c 'maildirmake ~/Maildir'
mkdir -p /run/courier/authdaemon
chown -R courier:courier /run/courier
makesmtpaccess
makeacceptmailfor
makealiases
authdaemond start
courierfilter start
courier start
esmtpd start
exec sleep infinity
