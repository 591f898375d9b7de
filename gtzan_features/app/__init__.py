"""The web page of ``gtzan serve``; needs the extra ``app``, and nothing else imports what that brings."""
