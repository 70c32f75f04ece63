<?php
// Resolves a name, serves one page over TLS and fetches it, reads a time zone, and writes a text in
// an older encoding. What fails says why, and the rest goes on.

function resolve(): string
{
    return 'localhost is ' . gethostbyname('localhost');
}

function page(): string
{
    $serving = stream_context_create(['ssl' => [
        'local_cert' => __DIR__ . '/server.crt',
        'local_pk' => __DIR__ . '/server.key',
    ]]);
    $flags = STREAM_SERVER_BIND | STREAM_SERVER_LISTEN;
    $server = stream_socket_server('tcp://127.0.0.1:0', $code, $message, $flags, $serving);
    $port = explode(':', stream_socket_get_name($server, false))[1];
    $child = pcntl_fork();
    if ($child === 0) {
        serve($server);
        exit;
    }
    try {
        return 'got ' . file_get_contents("https://localhost:$port");
    } finally {
        pcntl_waitpid($child, $status);
    }
}

function serve($server): void
{
    $asked = stream_socket_accept($server);
    if (@stream_socket_enable_crypto($asked, true, STREAM_CRYPTO_METHOD_TLS_SERVER)) {
        fgets($asked);
        fwrite($asked, "HTTP/1.0 200 OK\r\n\r\na page over TLS");
    }
}

function noon(): string
{
    $day = new DateTimeImmutable('2026-07-01 12:00', new DateTimeZone('UTC'));
    $there = $day->setTimezone(new DateTimeZone('Europe/Paris'));
    return 'noon in UTC is ' . $there->format('H:i') . ' in Paris';
}

function text(): string
{
    return 'Zürich has ' . strlen(iconv('UTF-8', 'ISO-8859-1', 'Zürich')) . ' bytes in Latin 1';
}

set_error_handler(function (int $level, string $message): bool {
    // A line with @ in front may fail: the server's half, when its client hangs up.
    if (error_reporting() & $level) {
        throw new ErrorException(strtr($message, "\n", ' '));
    }
    return true;
});
$failed = 0;
foreach (['resolve', 'page', 'noon', 'text'] as $work) {
    try {
        echo $work(), "\n";
    } catch (Throwable $error) {
        echo "✗ $work: ", $error->getMessage(), "\n";
        $failed++;
    }
}
exit($failed ? 1 : 0);
