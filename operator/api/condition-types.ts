/**
 * Every condition of an IntercomWebhook, and every reason it can have: what it means, and what to do. The reference in the
 * docs is generated from here. All of them are positive: `True` is well.
 */

interface ConditionType {
  readonly meaning: string;
  /** Whether `Ready` needs it. */
  readonly isForReady: boolean;
  /** By the status that they give it. */
  readonly reasons: Partial<Readonly<Record<'True' | 'False' | 'Unknown', Readonly<Record<string, string>>>>>;
}

export const CONDITION_TYPES = {
  Ready: {
    meaning: 'Notifications are received, stored and handed to every handler.',
    isForReady: false,
    reasons: {
      True: {
        AllWell: 'Everything that delivery needs is there.',
      },
      False: {
        NotReady: 'The conditions that are named in the message are not True: look at them.',
      },
    },
  },
  Accepted: {
    meaning: 'The resource can be worked with.',
    isForReady: true,
    reasons: {
      True: {
        Parsed: 'It is valid, and everything that it asks for may be made.',
      },
      False: {
        Invalid:
          'The fields that are named in the message are wrong: a resource written with a CRD of another release.',
        EndpointConflict:
          'An older resource has the same host and path. Nothing is made: give this one another of the two.',
        NameConflict:
          'An object that is not ours has the name that we need. It is left alone: rename it, or this resource.',
        Refused: 'The API server does not take an object that is rendered: the message has its words.',
      },
    },
  },
  SecretsResolved: {
    meaning: 'Every Secret that is named is there, and has the key that is named.',
    isForReady: true,
    reasons: {
      True: {
        Resolved: 'All are there.',
      },
      False: {
        Missing:
          'The Secrets or keys that are named in the message are not there, or empty. What needs them stays as it is.',
        NotReadable: 'The operator may not read them, or could not: look at its role.',
      },
    },
  },
  StreamsReady: {
    meaning: 'Streams and consumers in NATS are as they have to be.',
    isForReady: true,
    reasons: {
      True: {
        Reconciled: 'They are.',
      },
      False: {
        NatsUnavailable: 'NATS does not answer the operator. What runs goes on by itself: receivers spool.',
        UnsupportedServer: 'The nats-server is too old.',
        Refused:
          'Objects that are named in the message belong to somebody else, or cannot be changed: left as they are.',
      },
    },
  },
  ReceiverAvailable: {
    meaning: 'Pods are there that answer Intercom.',
    isForReady: true,
    reasons: {
      True: {
        Available: 'As many as wanted.',
        PartlyAvailable: 'Fewer than wanted, but at least one: Intercom is answered.',
      },
      False: {
        Unavailable: 'None. Intercom sees errors: look at the pods.',
        Blocked: 'They are not made, or left as they are, for the reason in the message.',
      },
    },
  },
  HandlersAvailable: {
    meaning: 'Pods are there that hand notifications to each handler.',
    isForReady: true,
    reasons: {
      True: {
        Available: 'At least one for each handler.',
        Suspended: 'None is wanted: delivery is suspended, and notifications wait.',
      },
      False: {
        Unavailable: 'The handlers that are named have none. Their notifications wait: look at the pods.',
        Blocked:
          'Those of the handlers that are named are not made, or left as they are, for the reason in the message.',
      },
    },
  },
  RouteReady: {
    meaning: 'Whoever carries out what is to lead Intercom to the receiver, by `spec.endpoint.type`, has taken it up.',
    isForReady: false,
    reasons: {
      True: {
        Routed: 'The load balancer or Ingress has an address; each Gateway has accepted the HTTPRoute.',
        ServiceOnly: 'Type ClusterIP: there is a Service, and what leads to it is yours. The operator does not see it.',
      },
      False: {
        Waiting: 'Nobody has taken it up yet: is there a controller for it? Some never write an address of an Ingress.',
        Refused: 'A Gateway does not take the HTTPRoute: the message has its words.',
        GatewayApiMissing:
          'The cluster does not serve HTTPRoutes: install the Gateway API. The route is made when it is there.',
        Blocked: 'It is not made, for the reason in the message.',
      },
    },
  },
  TenantIsolation: {
    meaning: 'NATS itself keeps the webhooks of one namespace from those of another.',
    isForReady: false,
    reasons: {
      True: {
        AccountPerNamespace: 'Each namespace has an account of its own, each process a user of its own.',
      },
      False: {
        SharedUser: 'All processes share one user of NATS: give the operator a signing key.',
      },
    },
  },
  NotPaused: {
    meaning: 'The operator looks after the resource.',
    isForReady: false,
    reasons: {
      True: {
        Reconciling: 'It does.',
      },
      False: {
        Paused: 'The annotation intercom-operator.io/paused is set: nothing is changed until it is removed.',
      },
    },
  },
} as const satisfies Record<string, ConditionType>;

export type ConditionName = keyof typeof CONDITION_TYPES;

type ReasonsOf<Type extends ConditionName> = (typeof CONDITION_TYPES)[Type]['reasons'];

/** A condition with a reason that it can have in this status. */
export type ConditionFinding = {
  [Type in ConditionName]: {
    [Status in keyof ReasonsOf<Type>]: {
      readonly type: Type;
      readonly status: Status;
      readonly reason: keyof ReasonsOf<Type>[Status] & string;
      readonly message: string;
    };
  }[keyof ReasonsOf<Type>];
}[ConditionName];
