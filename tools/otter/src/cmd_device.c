/* SPDX-License-Identifier: Apache-2.0 */

/* otter device: the emulated device, which is a flash file and a QEMU that runs on it. */

#include "device.h"
#include "layout_show.h"
#include "nouns.h"

struct layout_file *device_load_layout(const char *path, struct layout_report *report)
{
    struct layout_file *file = layout_file_load(path);

    if (file == NULL) {
        return NULL;
    }
    layout_check(file, file->strategy, report);
    if (report->problem_count > 0) {
        layout_show_problems(path, report);
        layout_file_free(file);
        return NULL;
    }
    return file;
}

#define LAYOUT "boards/mps2-an386/offset-internal.json"

static const struct command commands[] = {
    { "create", "", "Compose a flash file: an image in the primary slot, and settings",
      "otter device create --layout " LAYOUT " --image app-1.0.0.bin \\\n"
      "    --setting device.name=otter-1 --setting mqtt.host=10.0.2.2 --setting-file "
      "mqtt.ca=ca.pem \\\n"
      "    --output flash.bin",
      device_create_options, device_create },
    { "program", "FILE FLASH.bin", "Put a file into an area of a flash file, the rest of it erased",
      "otter device program --layout " LAYOUT " --area secondary app-1.1.0.bin flash.bin",
      device_program_options, device_program },
    { "inspect", "FLASH.bin", "Show slots, trailers, journal and settings of a flash file in words",
      "otter device inspect --layout " LAYOUT " --key public.pem flash.bin", device_inspect_options,
      device_inspect },
    { "run", "FLASH.bin", "Run the device in QEMU, with its console, LED and button",
      "otter device run --layout " LAYOUT " --bootloader build/mps2/bin/bootloader.elf flash.bin",
      device_run_options, device_run },
    { 0 },
};

const struct noun device_noun = { "device", "The emulated device", commands };
