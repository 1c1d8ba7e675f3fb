"""Which StepRun carries out which action. Each source adds its own."""

from collections.abc import Mapping

from workbench.triggers.async_settings import ASYNC_CONFIG, DEAD_LETTER_CONFIG
from workbench.triggers.grants import GRANT, REVOKE
from workbench.triggers.role import ATTACH_POLICY, DELETE_POLICY, DETACH_POLICY, INLINE_POLICY
from workbench.triggers.step import StepRun
from workbench.triggers.steps.async_config import AsyncConfigStep
from workbench.triggers.steps.dead_letter import DeadLetterStep
from workbench.triggers.steps.event_object import OBJECT, OBJECT_CHANGE, ObjectChangeStep, ObjectStep
from workbench.triggers.steps.function_url import (
    URL_CHANGE,
    URL_CREATE,
    URL_DELETE,
    UrlChange,
    UrlCreate,
    UrlDelete,
)
from workbench.triggers.steps.grant import GrantStep, RevokeStep
from workbench.triggers.steps.http_api import (
    HTTP_API,
    HTTP_API_DELETE,
    HTTP_CHANGE,
    HTTP_INTEGRATION,
    HTTP_REMOVE,
    HTTP_ROUTE,
    HTTP_STAGE,
    HttpApi,
    HttpApiDelete,
    HttpChange,
    HttpIntegration,
    HttpRemove,
    HttpRoute,
    HttpStage,
)
from workbench.triggers.steps.https_call import HTTPS_CALL, HttpsCall
from workbench.triggers.steps.invoke import INVOKE, InvokeStep
from workbench.triggers.steps.late_grant import LATE_GRANT, LateGrant
from workbench.triggers.steps.log_event import LOG_EVENT, LogEventStep
from workbench.triggers.steps.mapping import (
    MAPPING,
    MAPPING_DELETE,
    MAPPING_UPDATE,
    MappingDeleteStep,
    MappingStep,
    MappingUpdateStep,
)
from workbench.triggers.steps.notification import NOTIFICATION, NotificationStep
from workbench.triggers.steps.publish import PUBLISH, PublishStep
from workbench.triggers.steps.queue import (
    QUEUE_ATTRIBUTES,
    SEND_MESSAGE,
    QueueAttributesStep,
    SendMessageStep,
)
from workbench.triggers.steps.queue_create import QUEUE_CREATE, QueueCreateStep
from workbench.triggers.steps.rest_api import (
    REST_API,
    REST_API_DELETE,
    REST_CHANGE,
    REST_METHOD,
    REST_REMOVE,
    REST_RESOURCE,
    RestApi,
    RestApiDelete,
    RestChange,
    RestMethod,
    RestRemove,
    RestResource,
)
from workbench.triggers.steps.rest_deploy import REST_DEPLOY, REST_UNDEPLOY, RestDeploy, RestUndeploy
from workbench.triggers.steps.role_policy import (
    AttachPolicyStep,
    DeletePolicyStep,
    DetachPolicyStep,
    InlinePolicyStep,
)
from workbench.triggers.steps.rule import (
    RULE_CHANGE,
    RULE_DELETE,
    RULE_PUT,
    RULE_SWITCH,
    RuleChange,
    RuleDelete,
    RulePut,
    RuleSwitch,
)
from workbench.triggers.steps.rule_target import (
    EVENTS_PUT,
    TARGET_PUT,
    TARGET_REMOVE,
    EventsPut,
    TargetPut,
    TargetRemove,
)
from workbench.triggers.steps.schedule import (
    SCHEDULE_CREATE,
    SCHEDULE_DELETE,
    SCHEDULE_SWITCH,
    SCHEDULE_TRY,
    SCHEDULE_UPDATE,
    ScheduleCreate,
    ScheduleDelete,
    ScheduleSwitch,
    ScheduleTry,
    ScheduleUpdate,
)
from workbench.triggers.steps.service_role import (
    SERVICE_ROLE,
    SERVICE_ROLE_DELETE,
    ServiceRole,
    ServiceRoleDelete,
)
from workbench.triggers.steps.source_create import (
    BUCKET_CREATE,
    BUS_CREATE,
    LOG_GROUP_CREATE,
    STREAM_CREATE,
    TABLE_CREATE,
    TOPIC_CREATE,
    BucketCreateStep,
    BusCreateStep,
    LogGroupCreateStep,
    StreamCreateStep,
    TableCreateStep,
    TopicCreateStep,
)
from workbench.triggers.steps.stream_consumer import (
    CONSUMER_DELETE,
    PUT_RECORD,
    STREAM_CONSUMER,
    ConsumerDeleteStep,
    PutRecordStep,
    StreamConsumerStep,
)
from workbench.triggers.steps.subscription import (
    SUBSCRIBE,
    SUBSCRIPTION_ATTRIBUTES,
    UNSUBSCRIBE,
    SubscribeStep,
    SubscriptionAttributesStep,
    UnsubscribeStep,
)
from workbench.triggers.steps.subscription_filter import (
    DELETE_FILTER,
    PUT_FILTER,
    DeleteFilterStep,
    PutFilterStep,
)
from workbench.triggers.steps.table_stream import PUT_ITEM, TABLE_STREAM, PutItemStep, TableStreamStep
from workbench.triggers.steps.topic_policy import TOPIC_POLICY, TopicPolicyStep
from workbench.triggers.steps.topic_rule import (
    TOPIC_RULE_REMOVE,
    TOPIC_RULE_STATE,
    TopicRuleRemove,
    TopicRuleState,
)
from workbench.triggers.steps.user_pool import USER_POOL_SLOT, UserPoolSlot

STEP_RUNS: Mapping[str, StepRun] = {
    GRANT: GrantStep(),
    REVOKE: RevokeStep(),
    ATTACH_POLICY: AttachPolicyStep(),
    INLINE_POLICY: InlinePolicyStep(),
    DETACH_POLICY: DetachPolicyStep(),
    DELETE_POLICY: DeletePolicyStep(),
    NOTIFICATION: NotificationStep(),
    OBJECT: ObjectStep(),
    OBJECT_CHANGE: ObjectChangeStep(),
    SUBSCRIBE: SubscribeStep(),
    SUBSCRIPTION_ATTRIBUTES: SubscriptionAttributesStep(),
    UNSUBSCRIBE: UnsubscribeStep(),
    PUBLISH: PublishStep(),
    TOPIC_POLICY: TopicPolicyStep(),
    QUEUE_CREATE: QueueCreateStep(),
    BUCKET_CREATE: BucketCreateStep(),
    TOPIC_CREATE: TopicCreateStep(),
    TABLE_CREATE: TableCreateStep(),
    STREAM_CREATE: StreamCreateStep(),
    BUS_CREATE: BusCreateStep(),
    LOG_GROUP_CREATE: LogGroupCreateStep(),
    PUT_FILTER: PutFilterStep(),
    DELETE_FILTER: DeleteFilterStep(),
    LOG_EVENT: LogEventStep(),
    URL_CREATE: UrlCreate(),
    URL_CHANGE: UrlChange(),
    URL_DELETE: UrlDelete(),
    HTTPS_CALL: HttpsCall(),
    REST_API: RestApi(),
    REST_RESOURCE: RestResource(),
    REST_METHOD: RestMethod(),
    REST_CHANGE: RestChange(),
    REST_REMOVE: RestRemove(),
    REST_API_DELETE: RestApiDelete(),
    REST_DEPLOY: RestDeploy(),
    REST_UNDEPLOY: RestUndeploy(),
    INVOKE: InvokeStep(),
    LATE_GRANT: LateGrant(),
    HTTP_API: HttpApi(),
    HTTP_INTEGRATION: HttpIntegration(),
    HTTP_ROUTE: HttpRoute(),
    HTTP_STAGE: HttpStage(),
    HTTP_CHANGE: HttpChange(),
    HTTP_REMOVE: HttpRemove(),
    HTTP_API_DELETE: HttpApiDelete(),
    ASYNC_CONFIG: AsyncConfigStep(),
    DEAD_LETTER_CONFIG: DeadLetterStep(),
    MAPPING: MappingStep(),
    MAPPING_UPDATE: MappingUpdateStep(),
    MAPPING_DELETE: MappingDeleteStep(),
    QUEUE_ATTRIBUTES: QueueAttributesStep(),
    SEND_MESSAGE: SendMessageStep(),
    TABLE_STREAM: TableStreamStep(),
    PUT_ITEM: PutItemStep(),
    STREAM_CONSUMER: StreamConsumerStep(),
    CONSUMER_DELETE: ConsumerDeleteStep(),
    PUT_RECORD: PutRecordStep(),
    RULE_PUT: RulePut(),
    RULE_CHANGE: RuleChange(),
    RULE_SWITCH: RuleSwitch(),
    RULE_DELETE: RuleDelete(),
    TARGET_PUT: TargetPut(),
    TARGET_REMOVE: TargetRemove(),
    EVENTS_PUT: EventsPut(),
    SCHEDULE_CREATE: ScheduleCreate(),
    SCHEDULE_UPDATE: ScheduleUpdate(),
    SCHEDULE_SWITCH: ScheduleSwitch(),
    SCHEDULE_DELETE: ScheduleDelete(),
    SCHEDULE_TRY: ScheduleTry(),
    SERVICE_ROLE: ServiceRole(),
    SERVICE_ROLE_DELETE: ServiceRoleDelete(),
    TOPIC_RULE_STATE: TopicRuleState(),
    TOPIC_RULE_REMOVE: TopicRuleRemove(),
    USER_POOL_SLOT: UserPoolSlot(),
}
