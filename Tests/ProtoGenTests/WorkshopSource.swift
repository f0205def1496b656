import ProtoGen

/// A small contract that uses the whole subset, and a common.json for it. Its generated code is in `Golden`, compiled
/// with these tests.
enum WorkshopSource {
    static let files = [
        SourceFile(name: "common.json", bytes: Array(common.utf8)),
        SourceFile(name: "workshop.json", bytes: Array(workshop.utf8)),
    ]

    /// The contracts after `old` became `new` in the workshop's.
    static func changed(_ old: String, to new: String) -> [SourceFile] {
        precondition(workshop.contains(old), "The workshop's contract does not contain \(old).")
        return [files[0], SourceFile(name: "workshop.json", bytes: Array(workshop.replacing(old, with: new).utf8))]
    }

    /// The contracts after `old` became `new` in their common.json.
    static func changed(inCommon old: String, to new: String) -> [SourceFile] {
        precondition(common.contains(old), "The workshop's common.json does not contain \(old).")
        return [SourceFile(name: "common.json", bytes: Array(common.replacing(old, with: new).utf8)), files[1]]
    }

    static let common = #"""
        {
          "openrpc": "1.4.0",
          "info": {"title": "Common", "version": "1.0.0", "description": "What all contracts share."},
          "methods": [],
          "components": {
            "schemas": {
              "UUID": {"type": "string", "format": "uuid", "description": "An id."},
              "Timestamp": {"type": "string", "format": "date-time", "description": "A moment."},
              "Limit": {
                "type": "integer", "minimum": 1, "maximum": 500, "default": 50,
                "description": "How many items a page holds at most."
              },
              "Money": {
                "type": "object", "description": "An amount and its currency.", "required": ["amount", "currency"],
                "properties": {
                  "amount": {"type": "string", "format": "amount", "description": "How much."},
                  "currency": {"type": "string", "format": "currency", "description": "Of what."}
                }
              }
            },
            "errors": {
              "invalidParams": {"code": -32602, "message": "A parameter breaks its contract.", "x-http-status": 400},
              "notFound": {"code": -32004, "message": "There is no such thing.", "x-http-status": 404},
              "conflict": {"code": -32010, "message": "It contradicts what is there.", "x-http-status": 409}
            }
          }
        }
        """#

    static let workshop = ##"""
        {
          "openrpc": "1.3.2",
          "info": {"title": "Workshop", "version": "1.0.0", "description": "Everything that a contract can say."},
          "x-service": "workshop",
          "x-database": "service",
          "x-error-range": [9000, 9099],
          "methods": [
            {
              "name": "keys.revoke",
              "summary": "Makes an API key useless from the moment this call returns.",
              "x-kind": "write", "x-scope": "keys:write", "x-cost": 1, "x-audit": true, "x-idempotent": true,
              "params": [
                {
                  "name": "id", "required": true, "schema": {"$ref": "common.json#/UUID"},
                  "description": "The key to revoke."
                },
                {
                  "name": "reason", "schema": {"type": "string", "maxLength": 500},
                  "description": "Kept in the audit log.", "x-privacy": "none"
                }
              ],
              "result": {"name": "reply", "schema": {"$ref": "#/KeyRevocation"}},
              "errors": [{"$ref": "common.json#/notFound"}, {"$ref": "common.json#/conflict"}],
              "examples": [
                {
                  "name": "a leaked key", "x-fixture": "one-key",
                  "params": [
                    {"name": "id", "value": "01930000-0000-7000-8000-000000000001"},
                    {"name": "reason", "value": "leaked"}
                  ],
                  "result": {"name": "reply", "value": {"revokedAt": "2026-01-01T00:00:00Z"}}
                },
                {
                  "name": "a key that is not there",
                  "params": [{"name": "id", "value": "01930000-0000-7000-8000-000000000002"}],
                  "x-error": "common.json#/notFound"
                }
              ]
            },
            {
              "name": "signals.track",
              "summary": "Takes one fact.",
              "description": "The same message id is taken once. Segment's verbs are the documented exception to the \##
        names of methods, which are otherwise a noun in the plural and a verb.",
              "x-kind": "write", "x-database": "brand", "x-scope": "signals:write", "x-cost": 1,
              "x-awaits-delivery": true,
              "params": [
                {
                  "name": "event", "required": true, "schema": {"type": "string", "minLength": 1, "maxLength": 200},
                  "description": "What happened"
                },
                {
                  "name": "messageId", "required": true,
                  "schema": {"type": "string", "pattern": "^[a-z][a-z0-9-]{2,62}$"},
                  "description": "The sender's name for it."
                },
                {
                  "name": "timestamp", "schema": {"$ref": "common.json#/Timestamp"},
                  "description": "When it happened; absent: now."
                },
                {
                  "name": "value", "schema": {"oneOf": [{"$ref": "common.json#/Money"}, {"type": "null"}]},
                  "description": "What it was worth."
                },
                {
                  "name": "traits", "description": "Of the person.", "x-privacy": "personal",
                  "schema": {
                    "type": "object", "additionalProperties": false,
                    "properties": {
                      "age": {
                        "type": "integer", "minimum": 0, "maximum": 150, "x-unit": "years", "description": "How old."
                      },
                      "email": {"type": "string", "format": "email", "description": "Where letters arrive."},
                      "score": {"type": "number", "minimum": 0, "maximum": 1, "description": "A share."},
                      "lifetimeMilliseconds": {
                        "type": "integer", "minimum": 0, "x-unit": "milliseconds", "description": "How long so far."
                      }
                    }
                  }
                },
                {
                  "name": "properties", "description": "Whatever else is known.",
                  "schema": {"x-raw": true, "x-raw-type": "object", "x-max-bytes": 64}
                },
                {
                  "name": "context", "description": "Where it came from.",
                  "schema": {
                    "type": "object", "minProperties": 1, "maxProperties": 3,
                    "propertyNames": {"type": "string", "minLength": 1, "maxLength": 10, "pattern": "^[a-z]+$"},
                    "additionalProperties": {"type": "string", "maxLength": 20}
                  }
                }
              ],
              "result": {
                "name": "reply", "description": "What became of it.",
                "schema": {
                  "type": "object", "required": ["isNew", "actor"],
                  "properties": {
                    "isNew": {"type": "boolean", "description": "Whether it was taken for the first time."},
                    "actor": {
                      "type": ["string", "null"], "format": "uuid", "description": "Whose it is; null: nobody's yet."
                    }
                  }
                }
              },
              "errors": [{"$ref": "common.json#/invalidParams"}, {"$ref": "#/unknownEvent"}],
              "examples": [
                {
                  "name": "a purchase",
                  "params": [
                    {"name": "event", "value": "Order \"Completed\""},
                    {"name": "messageId", "value": "m-1"},
                    {"name": "value", "value": {"amount": "11.77", "currency": "USD"}},
                    {"name": "traits", "value": {"age": 30, "email": "ada@example.org"}},
                    {"name": "properties", "value": {"sku": "a\\#b"}}
                  ],
                  "result": {"name": "reply", "value": {"isNew": true, "actor": null}}
                },
                {
                  "name": "too old",
                  "params": [
                    {"name": "event", "value": "x"}, {"name": "messageId", "value": "m-1"},
                    {"name": "traits", "value": {"age": 151}}
                  ],
                  "x-error": "common.json#/invalidParams"
                }
              ]
            },
            {
              "name": "segments.preview",
              "summary": "Counts the actors that a rule, which may be nested, finds now, without keeping anything of \##
        what was asked or found.",
              "x-kind": "read", "x-scope": "segments:read", "x-cost": 5, "x-cost-items": "rules",
              "x-actors": "nobody",
              "params": [
                {
                  "name": "rules", "required": true, "description": "All of them must hold.",
                  "schema": {"type": "array", "minItems": 1, "maxItems": 3, "items": {"$ref": "#/Rule"}}
                },
                {
                  "name": "in", "description": "Which actors.",
                  "schema": {
                    "type": "string", "enum": ["everyone", "active-only", "7d"], "default": "everyone",
                    "x-enum-descriptions": {"7d": "Seen within seven days"}
                  }
                },
                {"name": "limit", "schema": {"$ref": "common.json#/Limit"}},
                {
                  "name": "key", "description": "A name that the reader uses itself.",
                  "schema": {"type": "integer", "format": "uint64"}
                },
                {
                  "name": "since", "description": "From this day on.",
                  "schema": {"type": "string", "format": "date", "default": "2026-01-31"}
                },
                {
                  "name": "weights", "description": "Exact numbers.",
                  "schema": {"type": "array", "maxItems": 2, "items": {"type": "number", "format": "decimal"}}
                },
                {
                  "name": "sort", "description": "How to order.",
                  "schema": {
                    "type": "array", "maxItems": 2, "default": [],
                    "items": {
                      "type": "object", "required": ["by"],
                      "properties": {
                        "by": {"type": "string", "maxLength": 40, "description": "A trait."},
                        "isDescending": {"type": "boolean", "default": false, "description": "Largest first."}
                      }
                    }
                  }
                }
              ],
              "result": {
                "name": "reply",
                "schema": {
                  "type": "object", "required": ["count", "largestBy"],
                  "properties": {
                    "count": {"type": "integer", "minimum": 0, "description": "How many."},
                    "largestBy": {
                      "type": "object", "description": "The largest value by trait.",
                      "additionalProperties": {"type": "number"}
                    },
                    "writer": {"type": "string", "description": "A name that the writer uses itself."}
                  }
                }
              },
              "examples": [
                {
                  "name": "adults",
                  "params": [
                    {
                      "name": "rules",
                      "value": [
                        {"type": "not", "rules": [{"type": "is-empty", "trait": "age"}]},
                        {"value": 18, "type": "at-least", "trait": "age"}
                      ]
                    }
                  ],
                  "result": {"name": "reply", "value": {"count": 3, "largestBy": {"age": 44.5}}}
                }
              ]
            },
            {
              "name": "segments.rebuild",
              "summary": "Computes all segments again.",
              "x-kind": "flow", "x-cost": 100, "x-callers": ["admin", "service:signals"],
              "paramStructure": "by-name", "params": [],
              "result": {"name": "reply", "schema": {"type": "object", "x-raw": true}},
              "examples": [
                {"name": "all of them", "params": [], "result": {"name": "reply", "value": {"segments": 2}}}
              ]
            },
            {
              "name": "keys.update",
              "summary": "Changes what it names of a key, and leaves the rest.",
              "x-kind": "write", "x-scope": "keys:update", "x-cost": 1,
              "params": [
                {"name": "id", "required": true, "schema": {"$ref": "common.json#/UUID"}},
                {
                  "name": "label", "description": "A name for people.",
                  "schema": {"type": ["string", "null"], "pattern": "^[a-z]{1,20}$", "x-patch": true}
                },
                {
                  "name": "budget", "description": "What it may spend.",
                  "schema": {"oneOf": [{"$ref": "common.json#/Money"}, {"type": "null"}], "x-patch": true}
                },
                {
                  "name": "limits", "description": "How much it may do.",
                  "schema": {
                    "type": ["object", "null"], "x-patch": true,
                    "properties": {"writer": {"type": "boolean", "description": "Whether it may write."}}
                  }
                }
              ],
              "result": {"name": "reply", "schema": {"$ref": "common.json#/Money"}},
              "examples": [
                {
                  "name": "no label any more",
                  "params": [
                    {"name": "id", "value": "01930000-0000-7000-8000-000000000001"}, {"name": "label", "value": null},
                    {"name": "budget", "value": {"amount": "5.00", "currency": "EUR"}}
                  ],
                  "result": {"name": "reply", "value": {"amount": "5.00", "currency": "EUR"}}
                }
              ]
            }
          ],
          "components": {
            "schemas": {
              "KeyRevocation": {
                "type": "object", "description": "When a key became useless.", "required": ["revokedAt"],
                "properties": {"revokedAt": {"$ref": "common.json#/Timestamp"}}
              },
              "KeyChange": {
                "type": "object", "description": "A message to whoever keeps keys.", "required": [],
                "properties": {
                  "writer": {
                    "type": ["integer", "null"], "x-patch": true, "description": "A name that the writer uses itself."
                  },
                  "seen": {
                    "type": ["string", "null"], "format": "date-time", "x-patch": true,
                    "description": "A name that the reader uses itself."
                  }
                }
              },
              "KeysChanged": {
                "type": "object", "description": "A message to the gateway.", "required": ["epoch"],
                "properties": {"epoch": {"type": "integer", "minimum": 0, "description": "Counts the changes."}}
              },
              "Rule": {
                "title": "SegmentRule",
                "description": "What must hold of an actor.",
                "discriminator": {"propertyName": "type"},
                "oneOf": [
                  {
                    "type": "object", "description": "A trait is at least so large.",
                    "required": ["type", "trait", "value"],
                    "properties": {
                      "type": {"type": "string", "const": "at-least"},
                      "trait": {"type": "string", "maxLength": 40, "description": "Its name."},
                      "value": {"type": "number", "description": "The least value."}
                    }
                  },
                  {
                    "type": "object", "required": ["type", "trait"],
                    "properties": {
                      "type": {"type": "string", "const": "is-empty"},
                      "trait": {"type": "string", "maxLength": 40, "description": "Its name."}
                    }
                  },
                  {"$ref": "#/Negation"}
                ]
              },
              "Negation": {
                "type": "object", "description": "None of its rules holds.", "required": ["type", "rules"],
                "properties": {
                  "type": {"type": "string", "const": "not"},
                  "rules": {
                    "type": "array", "maxItems": 3, "items": {"$ref": "#/Rule"}, "description": "What must not hold."
                  }
                }
              }
            },
            "errors": {
              "unknownEvent": {"code": 9001, "message": "No such event is declared", "x-http-status": 422}
            }
          }
        }
        """##
}
