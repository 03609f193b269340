#pragma once

#include "models/algorithms/scaling/aws_capacity.h"
#include "models/algorithms/scaling/capacity_schedule.h"
#include "models/algorithms/scaling/cloudwatch_alarm.h"
#include "models/algorithms/scaling/cluster_autoscaler.h"
#include "models/algorithms/scaling/disruption_budget.h"
#include "models/algorithms/scaling/expander.h"
#include "models/algorithms/scaling/holt_winters.h"
#include "models/algorithms/scaling/linear_regression.h"
#include "models/algorithms/scaling/placement.h"
#include "models/algorithms/scaling/policy.h"
#include "models/algorithms/scaling/predictor.h"
#include "models/algorithms/scaling/rolling_update.h"

/// scaling: how many replicas and nodes there should be, and how they come and go: autoscalers of
/// Kubernetes, Knative and AWS, predictions and schedules beside them, the cluster autoscaler,
/// rolling updates, disruption budgets.
///
/// Source   the headers of the family, each with its own.
/// Checked  tests/scaling
