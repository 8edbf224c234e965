/* All commands, in the order in which help lists them. */
#include "tables.h"

const struct command *const cli_tables[] = {
    cli_release_commands, cli_measure_commands, cli_run_commands,      cli_people_commands,
    cli_voucher_commands, cli_money_commands,   cli_registry_commands,
};
const size_t cli_table_count = sizeof cli_tables / sizeof cli_tables[0];
