/**
 * Conditions that follow from what the receivers saw, and every reason they can have: what it means, and what to do. `Ready`
 * needs none of them: they are about Intercom's side.
 */
export const OBSERVED_CONDITION_TYPES = {
  EndpointVerified: {
    meaning: 'Intercom reaches the endpoint, and signs with a key that is known.',
    isForReady: false,
    reasons: {
      True: {
        PingReceived: 'A signed ping came. No notification did so far.',
        NotificationReceived: 'A notification came.',
      },
      False: {
        SignatureRefused:
          'What calls itself Intercom signs with another key: put the client secret of the app into the Secret.',
      },
      Unknown: {
        NothingReceived: 'Nothing came so far: enter the URL in the Developer Hub and send a test request.',
        NotObserved: 'No receiver could be read so far.',
      },
    },
  },
  WithinErrorBudget: {
    meaning: 'Intercom is far from pausing the webhook, which it does after 1000 errors in a row within 15 minutes.',
    isForReady: false,
    reasons: {
      True: {
        WithinBudget: 'No row of errors that comes near it.',
        RedeliveriesUnexplained:
          'Intercom sends notifications again although no error was answered: something in front of the pods fails.',
      },
      False: {
        HalfSpent: 'Half of the budget is gone: 500 errors in a row. Find their cause before Intercom pauses.',
        Spent: 'All of it is gone: Intercom pauses for 15 minutes and drops what happens meanwhile.',
      },
      Unknown: {
        NotObserved: 'No receiver could be read for 16 minutes: what they answer is not known.',
      },
    },
  },
  ReceivingNotifications: {
    meaning: 'Notifications come in.',
    isForReady: false,
    reasons: {
      True: {
        Receiving: 'One came within the last day.',
      },
      False: {
        NeverReceived: 'None ever came: choose the topics in the Developer Hub and install the app in a workspace.',
        Silent: 'None came for a day: look in the Developer Hub whether Intercom has suspended the webhook.',
      },
      Unknown: {
        NotObserved: 'No receiver could be read so far.',
      },
    },
  },
} as const;

type Types = typeof OBSERVED_CONDITION_TYPES;
export type ObservedConditionName = keyof Types;

/** A condition with a reason that it can have in this status. */
export type ObservedFinding = {
  [Type in ObservedConditionName]: {
    [Status in keyof Types[Type]['reasons']]: {
      readonly type: Type;
      readonly status: Status;
      readonly reason: keyof Types[Type]['reasons'][Status] & string;
      readonly message: string;
    };
  }[keyof Types[Type]['reasons']];
}[ObservedConditionName];
