"""Sequencing as a manifest writes it, with every default filled in: frozen types, no behaviour.

IMS Simple Sequencing 1.0 as SCORM 2004 4th edition profiles it: CAM 5.1 (binding), SN 3 (what each means), with ADL's extensions
``adlseq``. Words are the specification's own, in snake case; values of enumerations are exactly the specification's
(``ifNotSkipped``, ``exitParent``). Left out, as in SCORM: auxiliary resources and the limits of experienced duration.
"""

import msgspec


class ControlMode(msgspec.Struct, frozen=True):
    """CAM 5.1.2; SN 3.2."""

    choice: bool = True
    choice_exit: bool = True
    flow: bool = False
    forward_only: bool = False
    use_current_attempt_objective_info: bool = True
    use_current_attempt_progress_info: bool = True


class RuleCondition(msgspec.Struct, frozen=True):
    """CAM 5.1.3. ``condition``: satisfied, objectiveStatusKnown, objectiveMeasureKnown, objectiveMeasureGreaterThan,
    objectiveMeasureLessThan, completed, activityProgressKnown, attempted, attemptLimitExceeded, timeLimitExceeded,
    outsideAvailableTimeRange, always. ``operator``: noOp, not.
    """

    condition: str
    operator: str = "noOp"
    referenced_objective: str | None = None
    measure_threshold: float = 0.0


class SequencingRule(msgspec.Struct, frozen=True):
    """CAM 5.1.3. ``combination``: all, any. ``action``: one of the actions of its kind of rule."""

    action: str
    conditions: tuple[RuleCondition, ...]
    combination: str = "all"


class LimitConditions(msgspec.Struct, frozen=True):
    """CAM 5.1.4: at most so many attempts, of at most so long (an ISO 8601 duration as written)."""

    attempt_limit: int | None = None
    attempt_absolute_duration_limit: str | None = None


class RollupCondition(msgspec.Struct, frozen=True):
    """CAM 5.1.6. ``condition``: satisfied, objectiveStatusKnown, objectiveMeasureKnown, completed, activityProgressKnown,
    attempted, attemptLimitExceeded, timeLimitExceeded, outsideAvailableTimeRange, never.
    """

    condition: str
    operator: str = "noOp"


class RollupRule(msgspec.Struct, frozen=True):
    """CAM 5.1.6. ``action``: satisfied, notSatisfied, completed, incomplete. ``child_activity_set``: all, any, none,
    atLeastCount, atLeastPercent.
    """

    action: str
    conditions: tuple[RollupCondition, ...]
    combination: str = "any"
    child_activity_set: str = "all"
    minimum_count: int = 0
    minimum_percent: float = 0.0


class RollupControls(msgspec.Struct, frozen=True):
    """CAM 5.1.6: what of an activity its parent counts."""

    objective_satisfied: bool = True
    progress_completion: bool = True
    objective_measure_weight: float = 1.0


class RollupConsiderations(msgspec.Struct, frozen=True):
    """CAM 5.1.11 (adlseq). ``required_…``: always, ifAttempted, ifNotSkipped, ifNotSuspended."""

    required_for_satisfied: str = "always"
    required_for_not_satisfied: str = "always"
    required_for_completed: str = "always"
    required_for_incomplete: str = "always"
    measure_satisfaction_if_active: bool = True


class ConstrainedChoice(msgspec.Struct, frozen=True):
    """CAM 5.1.10 (adlseq)."""

    prevent_activation: bool = False
    constrain_choice: bool = False


class MapInfo(msgspec.Struct, frozen=True):
    """CAM 5.1.7: how an objective and a shared (global) one read and write each other; the last ten are adlseq's (5.1.12), of
    the 4th edition.
    """

    target: str
    read_satisfied_status: bool = True
    read_normalized_measure: bool = True
    write_satisfied_status: bool = False
    write_normalized_measure: bool = False
    read_raw_score: bool = True
    read_min_score: bool = True
    read_max_score: bool = True
    read_completion_status: bool = True
    read_progress_measure: bool = True
    write_raw_score: bool = False
    write_min_score: bool = False
    write_max_score: bool = False
    write_completion_status: bool = False
    write_progress_measure: bool = False


class Objective(msgspec.Struct, frozen=True):
    """CAM 5.1.7. ``identifier`` is None only for a primary objective without one."""

    identifier: str | None = None
    satisfied_by_measure: bool = False
    min_normalized_measure: float = 1.0
    maps: tuple[MapInfo, ...] = ()


class Randomization(msgspec.Struct, frozen=True):
    """CAM 5.1.8. The timings: never, once, onEachNewAttempt."""

    randomization_timing: str = "never"
    reorder_children: bool = False
    selection_timing: str = "never"
    select_count: int | None = None


class DeliveryControls(msgspec.Struct, frozen=True):
    """CAM 5.1.9."""

    tracked: bool = True
    completion_set_by_content: bool = False
    objective_set_by_content: bool = False


class Sequencing(msgspec.Struct, frozen=True):
    """All of an activity's sequencing, what a sequencing collection gave merged in.

    ``primary_objective`` is the one that rolls up; an activity has one even when the manifest names none.
    """

    control_mode: ControlMode = ControlMode()
    pre_condition_rules: tuple[SequencingRule, ...] = ()
    exit_condition_rules: tuple[SequencingRule, ...] = ()
    post_condition_rules: tuple[SequencingRule, ...] = ()
    limit_conditions: LimitConditions = LimitConditions()
    rollup_rules: tuple[RollupRule, ...] = ()
    rollup_controls: RollupControls = RollupControls()
    rollup_considerations: RollupConsiderations = RollupConsiderations()
    constrained_choice: ConstrainedChoice = ConstrainedChoice()
    primary_objective: Objective = Objective()
    objectives: tuple[Objective, ...] = ()
    randomization: Randomization = Randomization()
    delivery_controls: DeliveryControls = DeliveryControls()
