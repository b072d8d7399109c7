// The evidence: what a run leaves behind for others to read.
#pragma once

#include "bundle/inference_report.h"
