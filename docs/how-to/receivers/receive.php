<?php
// Receives Linkwright's webhooks: php -S 127.0.0.1:8000 receive.php, or behind any web server.
//
// WEBHOOK_SECRET   the endpoint's secret, whsec_…
// WEBHOOK_PROFILE  standard (the default) or blazz, as the endpoint was made
// WEBHOOK_INBOX    folder that takes the messages, one file each

declare(strict_types=1);

const TOLERANCE_S = 300;
const LARGEST_BODY = 1024 * 1024;

define('SECRET', (string) getenv('WEBHOOK_SECRET'));
define('PROFILE', getenv('WEBHOOK_PROFILE') ?: 'standard');
define('INBOX', getenv('WEBHOOK_INBOX') ?: 'inbox');

/** What names this message on every try of it, or null: then it is not Linkwright's. */
function verified_id(string $body): ?string
{
    if (PROFILE === 'blazz') {
        $timestamp = $_SERVER['HTTP_X_TIMESTAMP'] ?? '';
        $right = hash_hmac('sha256', $timestamp . $body, SECRET);
        $given = [$_SERVER['HTTP_X_HMAC_SIGNATURE'] ?? ''];
        $message_id = ''; // it stands in the body
    } else {
        $message_id = $_SERVER['HTTP_WEBHOOK_ID'] ?? '';
        $timestamp = $_SERVER['HTTP_WEBHOOK_TIMESTAMP'] ?? '';
        $key = base64_decode(preg_replace('/^whsec_/', '', SECRET));
        $digest = hash_hmac('sha256', "$message_id.$timestamp.$body", $key, binary: true);
        $right = 'v1,' . base64_encode($digest);
        $given = explode(' ', $_SERVER['HTTP_WEBHOOK_SIGNATURE'] ?? ''); // several while a key is exchanged
    }
    $in_time = ctype_digit($timestamp) && abs(time() - (int) $timestamp) <= TOLERANCE_S;
    $genuine = false;
    foreach ($given as $one) {
        $genuine = hash_equals($right, $one) || $genuine;
    }
    if (!$in_time || !$genuine) {
        return null;
    }
    return $message_id !== '' ? $message_id : (string) json_decode($body, flags: JSON_THROW_ON_ERROR)->id;
}

/** Put the message where a worker finds it. A message that comes again changes nothing. */
function keep(string $message_id, string $body): void
{
    if (!is_dir(INBOX)) {
        @mkdir(INBOX, 0700, recursive: true);
    }
    $name = INBOX . '/' . hash('sha256', $message_id) . '.json';
    $written = tempnam(INBOX, '.');
    $complete = $written !== false && file_put_contents($written, $body) === strlen($body);
    $kept = $complete && (@link($written, $name) || is_file($name)); // all of it at once, or not at all
    if ($written !== false) {
        unlink($written);
    }
    if (!$kept) {
        throw new RuntimeException('The message could not be kept; it will be sent again.');
    }
}

function receive(): int
{
    if ($_SERVER['REQUEST_METHOD'] !== 'POST') {
        return 405;
    }
    // The bytes as they came: JSON that is read and written again differs.
    $body = file_get_contents('php://input', length: LARGEST_BODY + 1);
    if ($body === false || strlen($body) > LARGEST_BODY) {
        return 413;
    }
    $message_id = verified_id($body);
    if ($message_id === null) {
        return 401;
    }
    keep($message_id, $body);
    return 204; // at once; what is to be done with it is done later
}

http_response_code(500); // unless the next line comes to its end
http_response_code(receive());
