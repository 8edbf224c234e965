#ifndef SUAN_CLI_TABLES_H
#define SUAN_CLI_TABLES_H

/* One table of commands for each cmd_<noun>.c, ended by a row without noun. */
#include "cli.h"

extern const struct command cli_registry_commands[], cli_release_commands[], cli_people_commands[],
    cli_measure_commands[], cli_run_commands[], cli_money_commands[], cli_voucher_commands[];

#endif
