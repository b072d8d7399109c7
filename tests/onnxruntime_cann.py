"""Runs an ONNX model through ONNX Runtime's CANN provider and says how well: a line of JSON.

python3 onnxruntime_cann.py --model m.onnx --input input.npy --reference embedding.npy [--option NAME=VALUE]...
                            [--compile_option NUMBER=VALUE]...

Options are those of the provider; compile options are given to aclSetCompileopt before, as a user of single operators would.
  providers   of the session; without a device the first one is not CANN's
  nodes       how many nodes each provider ran, from ONNX Runtime's own profile
  operators   their types on the CANN provider
  error_pct   of each image: max |error| / max |reference|, in percent
Writes into the current directory what the provider dumps. Needs onnxruntime-cann and numpy.
"""

import argparse
import collections
import ctypes
import json
import os
import sys

import numpy as np
import onnxruntime

PROVIDER = 'CANNExecutionProvider'


def pairs(values):
    return dict(value.split('=', 1) for value in values)


def set_compile_options(options):
    if not options:
        return
    compiler = ctypes.CDLL('libacl_op_compiler.so', mode=ctypes.RTLD_GLOBAL)
    for number, value in options.items():
        code = compiler.aclSetCompileopt(int(number), value.encode())
        if code != 0:
            sys.exit(f'aclSetCompileopt({number}, {value}) = {code}')


def open_session(model, options):
    settings = onnxruntime.SessionOptions()
    settings.enable_profiling = True
    settings.log_severity_level = 3
    providers = [(PROVIDER, options), 'CPUExecutionProvider']
    return onnxruntime.InferenceSession(model, settings, providers=providers)


def run(session, images):
    return session.run(None, {session.get_inputs()[0].name: images})[0]


def profiled_nodes(session):
    path = session.end_profiling()
    with open(path, encoding='utf-8') as file:
        events = json.load(file)
    os.remove(path)
    return [event['args'] for event in events if event.get('cat') == 'Node' and 'provider' in event.get('args', {})]


def main():
    parser = argparse.ArgumentParser()
    for name in ('model', 'input', 'reference'):
        parser.add_argument('--' + name, required=True)
    parser.add_argument('--option', action='append', default=[])
    parser.add_argument('--compile_option', action='append', default=[])
    arguments = parser.parse_args()

    set_compile_options(pairs(arguments.compile_option))
    session = open_session(arguments.model, pairs(arguments.option))
    reference = np.load(arguments.reference).astype(np.float64)
    embeddings = run(session, np.load(arguments.input)).astype(np.float64)
    error = 100 * np.abs(embeddings - reference).max(axis=1) / np.abs(reference).max(axis=1)
    nodes = profiled_nodes(session)
    print(json.dumps({
        'providers': session.get_providers(),
        'nodes': collections.Counter(node['provider'] for node in nodes),
        'operators': collections.Counter(node['op_name'] for node in nodes if node['provider'] == PROVIDER),
        'error_pct': error.tolist(),
    }))


if __name__ == '__main__':
    main()
