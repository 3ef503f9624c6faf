"""CDEvents, carried by CloudEvents: POST /v1/events.

    bindings     the three HTTP modes of CloudEvents, to documents
    vocabulary   what each event of CDEvents holds, version by version; `schema` checks a document against it
    event        a document, checked: name, when, about what
    commits      which commit an event speaks of: the published rule
    translation  to the words of the Events API, or why nothing is told
    reception    the whole way of one request, with deployments that wait for their artifact's commit

Nothing of it is imported before the first such request: a function that serves none pays nothing for it.
Source: CDEvents 0.4.0 to 0.5.1 with its CloudEvents binding, and the HTTP binding of CloudEvents 1.0.2.
"""
