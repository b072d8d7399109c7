// AscendCL's types for the emulator: those of src/convnext/ascend/acl/declarations.h and what is missing there, under
// the official names. With ASCEND_EMULATOR_OFFICIAL_HEADERS the official headers take their place, so that the
// emulator's sources compile only if every function has the official signature. Values: docs/ascend-facts.md,
// "AscendCL: types".
#pragma once

#ifdef ASCEND_EMULATOR_OFFICIAL_HEADERS

#define FUNC_VISIBILITY  // the official headers then export their functions
#include <acl/acl.h>

#else

#include "convnext/ascend/acl/declarations.h"

struct aclTensorDesc;

enum aclFormat { ACL_FORMAT_UNDEFINED = -1, ACL_FORMAT_NCHW = 0, ACL_FORMAT_NHWC = 1, ACL_FORMAT_ND = 2 };

enum aclrtEventStatus { ACL_EVENT_STATUS_COMPLETE = 0, ACL_EVENT_STATUS_NOT_READY = 1 };

enum aclrtEventRecordedStatus { ACL_EVENT_RECORDED_STATUS_NOT_READY = 0, ACL_EVENT_RECORDED_STATUS_COMPLETE = 1 };

enum aclrtStreamStatus { ACL_STREAM_STATUS_COMPLETE = 0, ACL_STREAM_STATUS_NOT_READY = 1 };

#endif  // ASCEND_EMULATOR_OFFICIAL_HEADERS
