/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The LAN9118 as a chip: reset, settings, MAC address, PHY and link. No frame passes here.
 */
#include "lan9118_chip.h"

#include <string.h>

#include "mii.h"

/* Bounds of the waits for a bit, in register reads of 45 ns or more. */
#define RESET_SPINS 1000000u
#define MAC_SPINS 1000u
#define PHY_SPINS 1000u

/* Registers behind MAC_CSR_CMD (5.4). */
enum { MAC_CR = 1, MAC_ADDRH = 2, MAC_ADDRL = 3, MAC_MII_ACC = 6, MAC_MII_DATA = 7 };
#define MAC_CR_RCVOWN (1u << 23) /* do not hear oneself; for half duplex */
#define MAC_CR_FDPX (1u << 20)
#define MAC_CR_MCPAS (1u << 19)
#define MAC_CR_TXEN (1u << 3)
#define MAC_CR_RXEN (1u << 2)
#define MII_ACC_BUSY (1u << 0)
#define MII_ACC_WRITE (1u << 1)
#define MII_ACC_PHY(address) ((uint32_t)(address) << 11)
#define MII_ACC_REGISTER(index) ((uint32_t)(index) << 6)
#define PHY_ADDRESS 1u /* the built-in one; its registers are in mii.h (5.5) */

static bool wait_for(const volatile uint32_t *reg, uint32_t mask, uint32_t value, uint32_t spins)
{
    for (; spins > 0; spins--) {
        if ((*reg & mask) == value) {
            return true;
        }
    }
    return false;
}

/* A chip that hangs here shows as a dead link; there is no better way to go on. */
static uint32_t mac_read(struct lan9118_registers *r, uint32_t index)
{
    (void)wait_for(&r->mac_csr_cmd, CSR_BUSY, 0, MAC_SPINS);
    r->mac_csr_cmd = CSR_BUSY | MAC_CSR_READ | index;
    lan9118_settle(r, 1);
    (void)wait_for(&r->mac_csr_cmd, CSR_BUSY, 0, MAC_SPINS);
    return r->mac_csr_data;
}

static void mac_write(struct lan9118_registers *r, uint32_t index, uint32_t value)
{
    (void)wait_for(&r->mac_csr_cmd, CSR_BUSY, 0, MAC_SPINS);
    r->mac_csr_data = value;
    r->mac_csr_cmd = CSR_BUSY | index;
    lan9118_settle(r, 1);
    (void)wait_for(&r->mac_csr_cmd, CSR_BUSY, 0, MAC_SPINS);
}

static void phy_start(struct lan9118_registers *r, uint32_t access)
{
    mac_write(r, MAC_MII_ACC, MII_ACC_PHY(PHY_ADDRESS) | access | MII_ACC_BUSY);
    for (uint32_t spins = PHY_SPINS; spins > 0 && mac_read(r, MAC_MII_ACC) & MII_ACC_BUSY;
         spins--) {
    }
}

static uint32_t phy_read(struct lan9118_registers *r, uint32_t index)
{
    phy_start(r, MII_ACC_REGISTER(index));
    return mac_read(r, MAC_MII_DATA) & 0xffffu;
}

static void phy_write(struct lan9118_registers *r, uint32_t index, uint32_t value)
{
    mac_write(r, MAC_MII_DATA, value);
    phy_start(r, MII_ACC_REGISTER(index) | MII_ACC_WRITE);
}

bool lan9118_chip_link(struct lan9118 *nic)
{
    struct lan9118_registers *r = lan9118_registers(nic);
    if (!(phy_read(r, MII_STATUS) & MII_STATUS_LINK)) {
        return false;
    }
    bool full = mii_is_full_duplex(phy_read(r, MII_ADVERTISED), phy_read(r, MII_PARTNER));
    uint32_t cr =
        (nic->mac_cr & ~(MAC_CR_FDPX | MAC_CR_RCVOWN)) | (full ? MAC_CR_FDPX : MAC_CR_RCVOWN);
    if (cr != nic->mac_cr) {
        nic->mac_cr = cr;
        mac_write(r, MAC_CR, cr);
    }
    return true;
}

void lan9118_chip_restart_receiver(struct lan9118 *nic)
{
    struct lan9118_registers *r = lan9118_registers(nic);
    mac_write(r, MAC_CR, nic->mac_cr & ~MAC_CR_RXEN);
    (void)wait_for(&r->int_sts, INT_RXSTOP, INT_RXSTOP, MAC_SPINS);
    r->rx_cfg = RX_CFG_OFFSET(ETH_PAD_SIZE) | RX_CFG_DUMP;
    lan9118_settle(r, 1);
    (void)wait_for(&r->rx_cfg, RX_CFG_DUMP, 0, MAC_SPINS);
    r->int_sts = INT_RXSTOP | INT_RXE;
    mac_write(r, MAC_CR, nic->mac_cr);
}

void lan9118_chip_start(struct lan9118 *nic)
{
    nic->mac_cr |= MAC_CR_TXEN | MAC_CR_RXEN;
    mac_write(lan9118_registers(nic), MAC_CR, nic->mac_cr);
}

void lan9118_chip_hwaddr(struct lan9118 *nic, uint8_t hwaddr[6])
{
    struct lan9118_registers *r = lan9118_registers(nic);
    uint32_t low = mac_read(r, MAC_ADDRL), high = mac_read(r, MAC_ADDRH);
    for (unsigned i = 0; i < 6; i++) {
        hwaddr[i] = (uint8_t)(i < 4 ? low >> 8 * i : high >> 8 * (i - 4));
    }
    if ((hwaddr[0] & 1) == 0 && (low | (high & 0xffffu)) != 0) {
        return;
    }
    const uint8_t *a = memcpy(hwaddr, nic->mac.fallback_hwaddr, 6);
    mac_write(r, MAC_ADDRL, a[0] | a[1] << 8 | a[2] << 16 | (uint32_t)a[3] << 24);
    mac_write(r, MAC_ADDRH, a[4] | (uint32_t)a[5] << 8);
}

const char *lan9118_chip_reset(struct lan9118 *nic)
{
    struct lan9118_registers *r = lan9118_registers(nic);
    /* A chip in a power-saving state wakes at this read and takes a moment (BYTE_TEST, 5.3). */
    if (!wait_for(&r->byte_test, UINT32_MAX, BYTE_TEST, RESET_SPINS) ||
        !wait_for(&r->pmt_ctrl, PMT_CTRL_READY, PMT_CTRL_READY, RESET_SPINS)) {
        return "no Ethernet chip answers";
    }
    nic->id = r->id_rev;
    uint32_t family = nic->id >> 24; /* LAN911x, LAN921x, LAN9210 to LAN9221 */
    if (family != 0x01 && family != 0x11 && family != 0x92) {
        return "the Ethernet chip is not of the LAN9118 family";
    }
    r->hw_cfg = HW_CFG_RESET;
    lan9118_settle(r, 1);
    if (!wait_for(&r->hw_cfg, HW_CFG_RESET, 0, RESET_SPINS) ||
        !wait_for(&r->e2p_cmd, CSR_BUSY, 0, RESET_SPINS)) {
        return "the Ethernet chip does not come out of reset";
    }
    r->hw_cfg = HW_CFG_MUST_BE_ONE | HW_CFG_TX_FIFO_KB(5);
    r->fifo_int = 0; /* RSFL at the first frame */
    r->int_en = 0;
    r->int_sts = UINT32_MAX;
    r->irq_cfg = IRQ_CFG_EN_PUSH_PULL_HIGH;
    r->rx_cfg = RX_CFG_OFFSET(ETH_PAD_SIZE);
    r->tx_cfg = TX_CFG_ON;
    /* Own address, broadcast and all multicast; not promiscuous, as after reset. */
    nic->mac_cr = MAC_CR_MCPAS;
    mac_write(r, MAC_CR, nic->mac_cr);
    phy_write(r, MII_ADVERTISED, MII_ADVERTISE_ALL);
    phy_write(r, MII_CONTROL, MII_CONTROL_NEGOTIATE);
    return NULL;
}
