"""CDEvents, carried by CloudEvents: POST /v1/events.

    http_binding   the three HTTP modes of CloudEvents, to documents
    vocabulary     the content of each event of CDEvents, version by version; `schema` validates a document against it
    cdevent        one valid document: its name, its time, its subject
    commits        the published rule for finding the commit that an event is about
    translation    to fields of the Events API, or why an event is ignored
    receiver       one request, with the deployments that wait for their artifact's commit

None of it is imported before the first such request, so that other installations pay nothing for it.
Source: CDEvents 0.4.0 to 0.5.1 with its CloudEvents binding, and the HTTP binding of CloudEvents 1.0.2.
"""
