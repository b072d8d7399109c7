// Everything that knows nothing about pictures or models: errors, files, hashes, clocks, JSON input, random numbers,
// threads, other programs, secrets in texts.
#pragma once

#include "base/clock.h"
#include "base/cores.h"
#include "base/device.h"
#include "base/file.h"
#include "base/json.h"
#include "base/libraries.h"
#include "base/machine.h"
#include "base/numa.h"
#include "base/process.h"
#include "base/random.h"
#include "base/redact.h"
#include "base/sha256.h"
#include "base/status.h"
#include "base/text.h"
#include "base/thread_pool.h"
#include "base/worker_thread.h"
