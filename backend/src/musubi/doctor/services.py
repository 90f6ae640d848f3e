"""Services elsewhere: the mail server, and providers that people sign in at."""

from musubi.adapters.mail import Unavailable, open_transport
from musubi.adapters.oidc import ProviderUnavailable, open_providers
from musubi.doctor.finding import Finding, bad, ok
from musubi.settings import Settings


async def look_at_mail(settings: Settings) -> Finding:
    transport = open_transport(settings.smtp_url)
    if transport is None:
        return ok("mail", "no server configured: mail is kept for administrators to read")
    try:
        await transport.ping(settings.mail_sender)
    except Unavailable as error:
        fix = "see that it runs, and that it takes mail with this name and password from this sender"
        return bad("mail", f"MUSUBI_SMTP_URL: the server can't be used: {error}", fix=fix)
    return ok("mail", "the server takes mail from us")


async def look_at_providers(settings: Settings) -> list[Finding]:
    findings = []
    for name, client in open_providers(settings.oidc_providers).items():
        try:
            await client.prepare()
        except ProviderUnavailable as error:
            fix = "see that its issuer is right and can be reached from here"
            findings.append(bad("sign-in", f"MUSUBI_OIDC_PROVIDERS: {name} can't be used: {error}", fix=fix))
        else:
            findings.append(ok("sign-in", f"{name} can be reached"))
    return findings
