# SOAP::Lite. Prints what test_clients.py describes.
use strict;
use warnings;
use utf8;
use JSON::PP;
use POSIX 'strftime';
use SOAP::Lite;

my ($way, $bounced, $url) = @ARGV;
my $namespace = 'urn:epm:AppIntfWS:1';
sub SOAP::Transport::HTTP::Client::get_basic_credentials { return @ENV{qw(EPM_CREDENTIAL EPM_SECRET)} }
my $soap = SOAP::Lite->soapversion($way)->default_ns($namespace)->proxy("$ENV{EPM_ENDPOINT}/soap/AppIntfWS")
    ->on_action(sub { $_[1] =~ /(.*)Request$/; qq("$namespace/$1") })
    ->on_fault(sub { $_[1] });

sub element {
    my ($name, $value) = @_;
    return SOAP::Data->name($name => \SOAP::Data->value(elements(@$value))) if ref $value;
    # Without a type SOAP::Lite would guess one, and say so.
    return SOAP::Data->name($name => SOAP::Utils::encode_data($value))->type("");
}

sub elements {
    my @pairs = @_;
    my @found;
    while (my ($name, $value) = splice @pairs, 0, 2) { push @found, element($name, $value) }
    return @found;
}

sub asked { my ($name, @pairs) = @_; $soap->call("${name}Request", elements(@pairs)) }
sub done { my $answer = asked(@_); die $answer->faultstring if $answer->fault; $answer }
sub truth { $_[0] eq 'true' ? JSON::PP::true : JSON::PP::false }

my @plain = (to => 'delivered@world.example', subject => 'Plain', body => 'Hello');
my $sent = done('sendEmail', from => 'Shop <shop@example.com>', @plain);
my $tomorrow = strftime('%Y-%m-%dT%H:%M:%SZ', gmtime(time + 86400));
my $accepted = done('sendEmail',
    from => 'Shop <shop@example.com>',
    to => '"Doe, Jo" <delivered@world.example>, unknown@world.example',
    cc => 'cc@world.example',
    subject => 'Größe – 5 €',
    body => '<p>Hello</p>',
    attachments => $url,
    attachment => [fileName => 'a.bin', content => 'AP9h'],
    headers => 'Content-Type=text/html;X-Line=a\;b',
    emailParameters => "notify=SUCCESS,FAILURE;tag=one;tag=two;metadata.order=17;sendAt=$tomorrow",
    ucid => 'u-1',
    sessionID => 's-1',
    requestTimeout => 20,
);
my $cancelled = done('cancelEmail', messageID => $accepted->valueof('//messageID_returned'));
my $told = done('getEmailStatus', messageID => $bounced);
my $launched = done('launchEmail',
    from => 'jo@world.example, al@world.example',
    to => 'orders@example.com',
    applicationName => 'main:orders',
    appParameters => 'step=1;note=a\;b',
    parentID => 'p-1',
);
my $refused = asked('sendEmail', from => 'boss@elsewhere.example', @plain)->valueof('//problem');
print encode_json({
    sent => $sent->valueof('//messageID_returned'),
    accepted => $accepted->valueof('//messageID_returned'),
    addresses => [$accepted->valueof('//recipient/address')],
    cancelled => [map { truth($_) } $cancelled->valueof('//recipient/cancelled')],
    bounced => [
        $told->valueof('//recipient/state'), 0 + ($told->valueof('//event/smtp/code'))[0],
        $told->valueof('//receipt/action'), $told->valueof('//receipt/status'), truth($told->valueof('//receipt/applied')),
    ],
    session => $launched->valueof('//sessionID_returned'),
    problem => [@$refused{qw(code field)}, truth($refused->{retryable})],
    # Of a call without anything SOAP::Lite would say that it is nil.
    queues => [$soap->call('getStatusExRequest', SOAP::Data->type(xml => ''))->valueof('//queue/name')],
});
