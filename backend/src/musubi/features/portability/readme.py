"""What stands beside the data, for whoever opens an archive years from now."""

from datetime import datetime

ENGLISH = """Your data from Musubi
=====================

This archive holds what Musubi ({address}) knew of {username} on {day} (UTC).

account.json        your profile, and how you can sign in; never passwords, keys or codes
items.json          your items: drafts, published and archived ones
files.json          what is known of your files; their bytes are in the folder files
rooms.json          the rooms that you own or are in
messages.json       what you wrote in rooms
reactions.json      your reactions
notifications.json  what you were notified of
mails.json          which mails were sent to you, without their text
sessions.json       where you were signed in
audit.json          what was noted in the audit log of what you did, and of what was done to your account
manifest.json       a list of all parts with their sizes and SHA-256 checksums

What others wrote is theirs, and not in here. Lists have one entry per line. Times are in UTC.

You can bring items and files, with what they are attached to, to another account: Settings, Your data, Import.
Everything else is for you to keep. Rooms and messages are shared with others, and are not imported.

Keep this archive as safe as your account: anyone who opens it can read all of it.
"""

JAPANESE = """Musubiのデータ
==============

このアーカイブには、{day}（UTC）の時点でMusubi（{address}）が保持していた
{username} さんのデータが入っています。

account.json        プロフィールとログイン方法（パスワード・鍵・コードは含みません）
items.json          アイテム（下書き・公開・アーカイブ済み）
files.json          ファイルの情報（中身は files フォルダーにあります）
rooms.json          作成した、または参加しているルーム
messages.json       ルームに書き込んだメッセージ
reactions.json      リアクション
notifications.json  受け取った通知
mails.json          送信されたメールの一覧（本文は含みません）
sessions.json       ログインした端末
audit.json          ご自身の操作と、アカウントに対する操作の監査ログ
manifest.json       すべての内容の一覧（サイズとSHA-256）

ほかの方が書いた内容は含まれていません。一覧は1行に1件です。日時はUTCです。

アイテムとファイル（添付を含む）は、「設定」→「自分のデータ」→「インポート」から
別のアカウントに取り込めます。ルームとメッセージはほかの方と共有しているため、取り込めません。

このアーカイブは、開いた人なら誰でも読めます。アカウントと同じように大切に保管してください。
"""


def readmes(username: str, address: str, at: datetime) -> dict[str, str]:
    """The texts by the names of their files."""
    values = {"username": username, "address": address, "day": f"{at:%Y-%m-%d %H:%M}"}
    return {"README.txt": ENGLISH.format(**values), "README.ja.txt": JAPANESE.format(**values)}
