# Installs a Debian package over a copy of this system that only this process sees, and runs a recipe there.
#
# Mail servers exclude each other, and have their folders compiled in. So the system is the lower layer of an overlay whose upper
# one is in memory: the package is installed as ever (the other server is removed there, and only there), and all of it is gone
# with the last process. The network is shared. Started in namespaces of its own by peer.py, with PACKAGE, PACKAGES, RECIPE, LOG
# and the recipe's own variables set.
layers=$FOLDER/layers root=$FOLDER/root
mkdir "$layers" "$root"
mount -t tmpfs -o mode=755 peer "$layers"
mkdir "$layers/upper" "$layers/work"
mount -t overlay -o "lowerdir=/,upperdir=$layers/upper,workdir=$layers/work" peer "$root"
chmod 755 "$root"
mount -t proc proc "$root/proc"
mount -t tmpfs -o mode=755 peer "$root/run"
mount -t tmpfs -o mode=1777 peer "$root/tmp"
mount -t tmpfs -o mode=755 peer "$root/dev"
for device in null zero full random urandom; do
    touch "$root/dev/$device"
    mount --bind "/dev/$device" "$root/dev/$device"
done
ln -s /proc/self/fd "$root/dev/fd"
touch "$root/dev/log"
mount --bind "$LOG" "$root/dev/log"

hostname mta.test
echo "127.0.0.1 localhost mta.test mta" > "$root/etc/hosts"
cp "$RECIPE" "$root/run/recipe"
cp "$CERTIFICATE" "$KEY" "$root/run/"
mkdir -p "$root$PACKAGES"
mount --bind "$PACKAGES" "$root$PACKAGES"
chroot "$root" bash -eu -c '
    printf "#!/bin/sh\nexit 101\n" > /usr/sbin/policy-rc.d
    chmod 755 /usr/sbin/policy-rc.d
    rm -f /var/lib/man-db/auto-update  # nobody reads manuals here
    apt-get install -qq --no-install-recommends --no-download -o "Dir::Cache::archives=$PACKAGES" "$PACKAGE" < /dev/null
    useradd --create-home bob
'
exec chroot "$root" bash -eu /run/recipe
